/** Triggers by which whoever edits a GeoPackage keeps what is derived from its features (OGC 12-128r18, annex F.3; GDAL's own count). */
import { text } from './geopackage-tables.ts';

/** Name of a table or column in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/** Of the spatial index `index` on the geometry column of `table`. */
export function indexTriggers(index: string, table: string, geometryColumn: string): Trigger[] {
  const [geometry, rtree] = [quoted(geometryColumn), quoted(index)];
  const sides = ['MinX', 'MaxX', 'MinY', 'MaxY'].map((side) => `ST_${side}(NEW.${geometry})`).join(', ');
  const isShape = `(NEW.${geometry} NOTNULL AND NOT ST_IsEmpty(NEW.${geometry}))`;
  const isNone = `(NEW.${geometry} ISNULL OR ST_IsEmpty(NEW.${geometry}))`;
  const put = `INSERT OR REPLACE INTO ${rtree} VALUES (NEW."fid", ${sides});`;
  const remove = `DELETE FROM ${rtree} WHERE id = OLD."fid";`;
  const trigger = (event: string, on: string, when: string, actions: string): Trigger => {
    const name = `${index}_${event}`;
    const sql = `CREATE TRIGGER ${quoted(name)} AFTER ${on} ON ${quoted(table)} WHEN ${when} BEGIN ${actions} END`;
    return { name, sql };
  };
  return [
    trigger('insert', 'INSERT', isShape, put),
    trigger('update1', `UPDATE OF ${geometry}`, `OLD."fid" = NEW."fid" AND ${isShape}`, put),
    trigger('update2', `UPDATE OF ${geometry}`, `OLD."fid" = NEW."fid" AND ${isNone}`, remove),
    trigger('update3', 'UPDATE', `OLD."fid" != NEW."fid" AND ${isShape}`, `${remove} ${put}`),
    trigger(
      'update4',
      'UPDATE',
      `OLD."fid" != NEW."fid" AND ${isNone}`,
      `DELETE FROM ${rtree} WHERE id IN (OLD."fid", NEW."fid");`,
    ),
    trigger('delete', 'DELETE', `OLD.${geometry} NOT NULL`, remove),
  ];
}

/** Of the number of features that GDAL keeps in `gpkg_ogr_contents`. */
export function countTriggers(table: string): Trigger[] {
  return [['insert', 'INSERT', '+'] as const, ['delete', 'DELETE', '-'] as const].map(([event, on, sign]) => {
    const name = `trigger_${event}_feature_count_${table}`;
    const sql = `CREATE TRIGGER ${quoted(name)} AFTER ${on} ON ${quoted(table)} BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count ${sign} 1 WHERE lower(table_name) = lower(${text(table)}); END`;
    return { name, sql };
  });
}
