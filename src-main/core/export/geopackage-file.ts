/**
 * A new GeoPackage with one layer of multipolygons in our own columns (OGC 12-128r18): the tables, names and triggers that GDAL 3.8 gives
 * it, but none for tiles.
 */
import type { OutputFeature, WriteRequest } from '../ports.ts';
import { DatabaseFile, type Row } from '../sqlite/database-file.ts';
import type { SqliteValue } from '../sqlite/record.ts';
import { packRtree, type Box } from '../sqlite/rtree.ts';
import { attributesOf, type FeatureAttributes } from './attributes.ts';
import { geoPackageGeometry } from './geopackage-geometry.ts';
import type { GeoPackageSrs } from './geopackage-srs.ts';
import { metadataExtension, tableColumns } from './geopackage-tables.ts';
import { countTriggers, indexTriggers, quoted } from './geopackage-triggers.ts';

const kind = { applicationId: 'GPKG', userVersion: 10_200 };
const geometryColumn = 'geom';
const featuresBetweenAbortChecks = 500;
const columnTypes: Record<keyof FeatureAttributes, string> = {
  instance: 'MEDIUMINT',
  question: 'TEXT',
  score: 'REAL',
  area_m2: 'REAL',
  perim_m: 'REAL',
  prompt: 'TEXT',
};
const columns = Object.keys(columnTypes) as (keyof FeatureAttributes)[];

type Layer = Pick<WriteRequest, 'layerName' | 'features' | 'runRecord'>;

interface IndexedBox {
  readonly id: number;
  readonly box: Box;
}

/** @throws Think2SegError OUTPUT_FULL, OUTPUT_NOT_WRITABLE */
export async function writeGeoPackageFile(
  path: string,
  layer: Layer,
  srs: GeoPackageSrs,
  signal: AbortSignal,
): Promise<void> {
  await DatabaseFile.create(path, kind, async (database) => {
    const boxes = await addFeatures(database, layer, srs, signal);
    await addContents(database, layer, srs, boxes);
    await addSpatialIndex(database, layer.layerName, boxes);
    await addMetadata(database, layer);
    for (const [name, sql] of countTriggers(layer.layerName)) {
      database.rule('trigger', name, layer.layerName, sql);
    }
  });
}

async function addFeatures(
  database: DatabaseFile,
  { layerName, features }: Layer,
  srs: GeoPackageSrs,
  signal: AbortSignal,
): Promise<IndexedBox[]> {
  const boxes: IndexedBox[] = [];
  const attributes = columns.map((column) => `"${column}" ${columnTypes[column]}`).join(', ');
  await database.table(
    layerName,
    `CREATE TABLE ${quoted(layerName)} ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "${geometryColumn}" MULTIPOLYGON, ${attributes})`,
    featureRows(features, srs.id, boxes, signal),
  );
  await database.table(
    'sqlite_sequence',
    'CREATE TABLE sqlite_sequence(name,seq)',
    rows(features.length === 0 ? [] : [[layerName, features.length]]),
  );
  return boxes;
}

function* featureRows(
  features: readonly OutputFeature[],
  srsId: number,
  boxes: IndexedBox[],
  signal: AbortSignal,
): Generator<Row> {
  for (const [index, feature] of features.entries()) {
    if (index % featuresBetweenAbortChecks === 0) {
      signal.throwIfAborted();
    }
    const id = index + 1;
    const { blob, box } = geoPackageGeometry(feature.polygonsMap, srsId);
    if (box !== null) {
      boxes.push({ id, box });
    }
    const attributes = attributesOf(feature);
    yield { rowid: id, values: [null, blob, ...columns.map((column) => attributes[column])] };
  }
}

async function addContents(
  database: DatabaseFile,
  { layerName, features, runRecord }: Layer,
  srs: GeoPackageSrs,
  boxes: readonly IndexedBox[],
): Promise<void> {
  await database.table(
    'gpkg_spatial_ref_sys',
    'CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)',
    srs.rows.map((row) => ({
      rowid: row.srs_id,
      values: [row.srs_name, null, row.organization, row.organization_coordsys_id, row.definition, row.description],
    })),
  );
  await database.table(
    'gpkg_contents',
    "CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))",
    rows([[layerName, 'features', layerName, '', runRecord.createdAt, ...extentOf(boxes), srs.id]]),
    [[0], [2]],
  );
  await database.table(
    'gpkg_geometry_columns',
    'CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))',
    rows([[layerName, geometryColumn, 'MULTIPOLYGON', srs.id, 0, 0]]),
    [[0, 1], [0]],
  );
  // Spares GDAL the counting.
  await database.table(
    'gpkg_ogr_contents',
    'CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL)',
    rows([[layerName, features.length]]),
    [[0]],
  );
}

async function addSpatialIndex(database: DatabaseFile, layerName: string, boxes: readonly IndexedBox[]): Promise<void> {
  const name = `rtree_${layerName}_${geometryColumn}`;
  const { nodes, rowids, parents } = packRtree(boxes);
  const sql = `CREATE VIRTUAL TABLE ${quoted(name)} USING rtree("id", "minx", "maxx", "miny", "maxy")`;
  database.rule('table', name, name, sql);
  for (const [part, partColumns, partRows] of [
    ['rowid', 'rowid INTEGER PRIMARY KEY,nodeno', rowids],
    ['node', 'nodeno INTEGER PRIMARY KEY,data', nodes],
    ['parent', 'nodeno INTEGER PRIMARY KEY,parentnode', parents],
  ] as const) {
    const table = `${name}_${part}`;
    await database.table(table, `CREATE TABLE ${quoted(table)}(${partColumns})`, partRows);
  }
  for (const [triggerName, triggerSql] of indexTriggers(name, layerName, geometryColumn)) {
    database.rule('trigger', triggerName, layerName, triggerSql);
  }
}

/** The run record is metadata of the data set, in the form from which GDAL makes an item of metadata. */
async function addMetadata(database: DatabaseFile, { layerName, runRecord }: Layer): Promise<void> {
  const create = (table: keyof typeof tableColumns): string => `CREATE TABLE ${table} (${tableColumns[table]})`;
  const { tables, name, definition, scope } = metadataExtension;
  const rtree = 'http://www.geopackage.org/spec120/#extension_rtree';
  await database.table(
    'gpkg_extensions',
    create('gpkg_extensions'),
    rows([
      ...tables.map((table) => [table, null, name, definition, scope]),
      [layerName, geometryColumn, 'gpkg_rtree_index', rtree, 'write-only'],
    ]),
    [[0, 1, 2]],
  );
  const xml = `<GDALMultiDomainMetadata>\n  <Metadata>\n    <MDI key="think2seg">${xmlText(JSON.stringify(runRecord))}</MDI>\n  </Metadata>\n</GDALMultiDomainMetadata>\n`;
  await database.table(
    'gpkg_metadata',
    create('gpkg_metadata'),
    rows([[null, 'dataset', 'http://gdal.org', 'text/xml', xml]]),
  );
  await database.table(
    'gpkg_metadata_reference',
    create('gpkg_metadata_reference'),
    rows([['geopackage', null, null, null, runRecord.createdAt, 1, null]]),
  );
}

function rows(values: readonly (readonly SqliteValue[])[]): Row[] {
  return values.map((row, index) => ({ rowid: index + 1, values: row }));
}

/** `minX, minY, maxX, maxY`, null without any feature. */
function extentOf(boxes: readonly IndexedBox[]): (number | null)[] {
  if (boxes.length === 0) {
    return [null, null, null, null];
  }
  const least = (side: number): number => boxes.reduce((least, { box }) => Math.min(least, box[side]!), Infinity);
  const most = (side: number): number => boxes.reduce((most, { box }) => Math.max(most, box[side]!), -Infinity);
  return [least(0), least(2), most(1), most(3)];
}

function xmlText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
