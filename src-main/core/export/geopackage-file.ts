/**
 * A new GeoPackage with one layer of multipolygons in our own columns (OGC 12-128r18): the tables, names and triggers that GDAL 3.8 gives
 * it, but none for tiles.
 */
import type { Database, SqlValue } from '@sqlite.org/sqlite-wasm';
import type { BoundingBox } from '../../contract/geo.ts';
import { boundsOfPolygons } from '../polygon-bounds.ts';
import type { OutputFeature, WriteRequest } from '../ports.ts';
import { DatabaseMould } from '../sqlite/database-mould.ts';
import { xmlContent } from '../xml-text.ts';
import { attributesOf, type FeatureAttributes } from './attributes.ts';
import { geoPackageGeometry } from './geopackage-geometry.ts';
import type { GeoPackageSrs } from './geopackage-srs.ts';
import { metadataExtension, tableColumns } from './geopackage-tables.ts';
import { countTriggers, indexTriggers, quoted } from './geopackage-triggers.ts';

const geometryColumn = 'geom';
const columnTypes: Record<keyof FeatureAttributes, string> = {
  instance: 'MEDIUMINT',
  question: 'TEXT',
  score: 'REAL',
  area_m2: 'REAL',
  perim_m: 'REAL',
  prompt: 'TEXT',
};
const columns = Object.keys(columnTypes) as (keyof FeatureAttributes)[];
/** What is made in a quarter of a second, in which nothing else is done. */
const [mostFeatures, mostCoordinates] = [10_000, 1_000_000];

type Layer = Pick<WriteRequest, 'layerName' | 'features' | 'runRecord'>;

/** Whether a layer is small enough to be made in memory in one go. */
export function isSmallLayer(features: readonly OutputFeature[]): boolean {
  const coordinates = ({ polygonsMap }: OutputFeature): number =>
    polygonsMap.reduce((sum, { rings }) => rings.reduce((sum, ring) => sum + ring.length, sum), 0);
  return (
    features.length <= mostFeatures &&
    features.reduce((sum, feature) => sum + coordinates(feature), 0) <= mostCoordinates
  );
}

const mould = new DatabaseMould((database) => {
  database.exec(`PRAGMA application_id = ${Buffer.from('GPKG').readInt32BE()}; PRAGMA user_version = 10200`);
  database.exec(
    `CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
    CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
    CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
    CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL)`,
  );
  for (const [table, definition] of Object.entries(tableColumns)) {
    database.exec(`CREATE TABLE ${table} (${definition})`);
  }
  const { tables, name, definition, scope } = metadataExtension;
  insert(
    database,
    'gpkg_extensions',
    tables.map((table) => [table, null, name, definition, scope]),
  );
  // For `addTriggers`.
  database.exec('PRAGMA writable_schema = ON');
});

/** Bytes of the file. */
export function geoPackageBytes(layer: Layer, srs: GeoPackageSrs): Promise<Uint8Array> {
  return mould.databaseBytes((database) => {
    const bounds = addFeatures(database, layer, srs);
    addContents(database, layer, srs);
    addSpatialIndex(database, layer.layerName, bounds);
    addMetadata(database, layer);
    // After the rows, which they would otherwise count and index again.
    addTriggers(database, layer.layerName);
  });
}

/** @returns the bounds of each feature that has some, by its `fid`. */
function addFeatures(database: Database, { layerName, features }: Layer, srs: GeoPackageSrs): Map<number, BoundingBox> {
  const attributes = columns.map((column) => `"${column}" ${columnTypes[column]}`).join(', ');
  database.exec(
    `CREATE TABLE ${quoted(layerName)} ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "${geometryColumn}" MULTIPOLYGON, ${attributes})`,
  );
  const shapes = features.map(({ polygonsMap }) => geoPackageGeometry(polygonsMap, srs.id));
  insert(
    database,
    layerName,
    features.map((feature, index) => {
      const values = attributesOf(feature);
      return [index + 1, shapes[index]!.blob, ...columns.map((column) => values[column])];
    }),
  );
  return new Map(shapes.flatMap(({ bounds }, index) => (bounds === null ? [] : [[index + 1, bounds]])));
}

function addContents(database: Database, { layerName, features, runRecord }: Layer, srs: GeoPackageSrs): void {
  const bounds = boundsOfPolygons(features.flatMap(({ polygonsMap }) => polygonsMap));
  const extent = Number.isFinite(bounds[0]) ? bounds : bounds.map(() => null);
  insert(
    database,
    'gpkg_spatial_ref_sys',
    srs.rows.map((row) => [
      ...[row.srs_name, row.srs_id, row.organization, row.organization_coordsys_id],
      ...[row.definition, row.description],
    ]),
  );
  insert(database, 'gpkg_contents', [[layerName, 'features', layerName, '', runRecord.createdAt, ...extent, srs.id]]);
  insert(database, 'gpkg_geometry_columns', [[layerName, geometryColumn, 'MULTIPOLYGON', srs.id, 0, 0]]);
  // Spares GDAL the counting.
  insert(database, 'gpkg_ogr_contents', [[layerName, features.length]]);
}

function addSpatialIndex(database: Database, layerName: string, bounds: ReadonlyMap<number, BoundingBox>): void {
  const name = indexName(layerName);
  database.exec(`CREATE VIRTUAL TABLE ${quoted(name)} USING rtree("id", "minx", "maxx", "miny", "maxy")`);
  insert(
    database,
    name,
    [...bounds].map(([id, [minX, minY, maxX, maxY]]) => [id, minX, maxX, minY, maxY]),
  );
  const definition = 'http://www.geopackage.org/spec120/#extension_rtree';
  insert(database, 'gpkg_extensions', [[layerName, geometryColumn, 'gpkg_rtree_index', definition, 'write-only']]);
}

/** The run record is metadata of the data set, in the form from which GDAL makes an item of metadata. */
function addMetadata(database: Database, { runRecord }: Layer): void {
  const xml = `<GDALMultiDomainMetadata>\n  <Metadata>\n    <MDI key="think2seg">${xmlContent(JSON.stringify(runRecord))}</MDI>\n  </Metadata>\n</GDALMultiDomainMetadata>\n`;
  insert(database, 'gpkg_metadata', [[1, 'dataset', 'http://gdal.org', 'text/xml', xml]]);
  insert(database, 'gpkg_metadata_reference', [['geopackage', null, null, null, runRecord.createdAt, 1, null]]);
}

/** As SQLite keeps them, as text: it would read each several times to make it, and nothing sets it off here. */
function addTriggers(database: Database, layerName: string): void {
  const triggers = [...indexTriggers(indexName(layerName), layerName, geometryColumn), ...countTriggers(layerName)];
  insert(
    database,
    'sqlite_schema',
    triggers.map(({ name, sql }) => ['trigger', name, layerName, 0, sql]),
  );
}

function insert(database: Database, table: string, rows: readonly (readonly SqlValue[])[]): void {
  const [first] = rows;
  if (first === undefined) {
    return;
  }
  const statement = database.prepare(`INSERT INTO ${quoted(table)} VALUES (${first.map(() => '?').join(', ')})`);
  try {
    for (const row of rows) {
      statement.bind([...row]).stepReset();
    }
  } finally {
    statement.finalize();
  }
}

function indexName(layerName: string): string {
  return `rtree_${layerName}_${geometryColumn}`;
}
