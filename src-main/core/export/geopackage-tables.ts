/** Tables of a GeoPackage, and rows that it gets beside its features, as SQL: the default style of a layer, and where features came from. */
import type { HandRecord, RunRecord } from '../../contract/run-record.ts';
import type { LayerStyle } from '../ports.ts';
import { qmlStyle } from './qml-style.ts';

const now = "strftime('%Y-%m-%dT%H:%M:%fZ','now')";

/** Columns and keys of tables that a new file has and that an existing one may lack. */
export const tableColumns = {
  gpkg_extensions:
    'table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)',
  gpkg_metadata:
    "id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT ''",
  gpkg_metadata_reference: `reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER, timestamp DATETIME NOT NULL DEFAULT (${now}), md_file_id INTEGER NOT NULL, md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id), CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)`,
} as const;

/** Tables by which a file is known to keep metadata, as `gpkg_extensions` says it. */
export const metadataExtension = {
  tables: ['gpkg_metadata', 'gpkg_metadata_reference'],
  name: 'gpkg_metadata',
  definition: 'http://www.geopackage.org/spec120/#extension_metadata',
  scope: 'read-write',
} as const;

/** SQL text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A row of `layer_styles`, the table in which QGIS looks for the style of a layer, made as QGIS makes it. */
export function styleStatements(layerName: string, style: LayerStyle, createdAt: string): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)`,
    `INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', ${text(createdAt)})`,
    `INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) SELECT '', '', table_name, column_name, ${text(layerName.slice(0, 30))}, ${text(qmlStyle(style))}, '', 1, 'Think2Seg Desktop', '', NULL, ${text(createdAt)} FROM gpkg_geometry_columns WHERE table_name = ${text(layerName)}`,
  ];
}

/** A run record as metadata of one layer (OGC 12-128r18, annex F.8). */
export function runRecordStatements(layerName: string, runRecord: RunRecord | HandRecord): string[] {
  return [
    ...Object.entries(tableColumns).map(([table, columns]) => `CREATE TABLE IF NOT EXISTS ${table} (${columns})`),
    ...metadataExtension.tables.map((table) => {
      const { name, definition, scope } = metadataExtension;
      return `INSERT INTO gpkg_extensions SELECT '${table}', NULL, '${name}', '${definition}', '${scope}' WHERE NOT EXISTS (SELECT 1 FROM gpkg_extensions WHERE table_name = '${table}' AND extension_name = '${name}')`;
    }),
    `INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES ('dataset', 'urn:think2seg:run-record:1', 'application/json', ${text(JSON.stringify(runRecord))})`,
    `INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id) VALUES ('table', ${text(layerName)}, ${text(runRecord.createdAt)}, (SELECT MAX(id) FROM gpkg_metadata))`,
  ];
}
