import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Crs } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { crsFromWkt } from '../../../src-main/core/crs/from-wkt.ts';
import { createFeatureWriter } from '../../../src-main/core/export/feature-writer.ts';
import { appendToGeoPackage } from '../../../src-main/core/export/geopackage.ts';
import { translateFeatures } from '../../../src-main/core/export/translate-features.ts';
import { gdalVectorSql } from '../../../src-main/core/gdal/gdal.ts';
import type { WriteRequest } from '../../../src-main/core/ports.ts';
import { feature, polygon, runRecord, squareWithHole } from '../../support/output-samples.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 't2s-gpkg-'));
const missing = pythonMissing(['fiona', 'rasterio', 'shapely']);
const python =
  missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py')) : null;
const hasOgrinfo = spawnSync('ogrinfo', ['--version']).status === 0;

let lv95: Crs;
beforeAll(async () => {
  lv95 = await crsFromEpsg(2056);
});
afterAll(() => {
  python?.close();
  rmSync(folder, { recursive: true, force: true });
});

const parts = polygon([2_600_100, 1_200_000, 2_600_110, 1_200_000, 2_600_110, 1_200_010.25, 2_600_100, 1_200_010]);
const features = [
  feature(1, [squareWithHole(2_600_000, 1_200_000, 40), parts]),
  { ...feature(2, [parts]), score: null, areaM2: null, perimeterM: null, prompt: null },
];

function request(name: string, changes: Partial<WriteRequest> = {}): WriteRequest {
  const crs = changes.crs === undefined ? lv95 : changes.crs;
  return {
    path: join(folder, name),
    layerName: 'targets',
    features,
    crs,
    runRecord: runRecord(crs),
    overwrite: false,
    scratchName: '.think2seg-test',
    ...changes,
  };
}

async function rowsOf(path: string, query: string): Promise<unknown[][]> {
  const { rows, integrity, brokenKeys } = await python!.ask({ op: 'sql', path, query });
  expect({ integrity, brokenKeys }).toEqual({ integrity: 'ok', brokenKeys: 0 });
  return rows as unknown[][];
}

/** Every 10 units a square of 8. */
function squares(count: number): WriteRequest['features'] {
  return Array.from({ length: count }, (_, index) => {
    const [x, y] = [2_600_000 + (index % 300) * 10, 1_200_000 + Math.floor(index / 300) * 10];
    return feature(index + 1, [polygon([x, y, x + 8, y, x + 8, y + 8, x, y + 8])]);
  });
}

describe.skipIf(missing !== null)(`A new GeoPackage${missing === null ? '' : ` (${missing})`}`, () => {
  test.each([
    { name: 'in LV95', layerName: 'targets' },
    { name: 'without a CRS', crs: null, layerName: 'targets' },
    { name: 'without a feature', features: [], layerName: 'targets' },
    { name: 'with a feature without a shape', features: [feature(1, [])], layerName: 'targets' },
    { name: 'with quotes in its name', layerName: `it's a "tank" äöü; 直` },
  ])('$name holds what GDAL writes', async ({ name, ...changes }) => {
    const ours = request(`${name} ours.gpkg`, changes);
    const gdals = request(`${name} gdal.gpkg`, changes);
    await createFeatureWriter().write(ours, signal);
    const record = ['-mo', `think2seg=${JSON.stringify(gdals.runRecord)}`];
    await translateFeatures(gdals, gdals.path, signal, 'GPKG', null, record);
    const layer = changes.layerName.replaceAll('"', '""');
    const query = (path: string, text: string): Promise<unknown[][]> => rowsOf(path, text);
    for (const text of [
      `SELECT fid, hex(geom), instance, question, score, area_m2, perim_m, prompt FROM "${layer}"`,
      `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${changes.layerName.replaceAll("'", "''")}')`,
      ...['spatial_ref_sys', 'contents', 'geometry_columns', 'extensions', 'metadata', 'metadata_reference'].map((table) => `SELECT * FROM gpkg_${table} ORDER BY 1`), // prettier-ignore
      // GDAL leaves it open whether there are none.
      'SELECT table_name, coalesce(feature_count, 0) FROM gpkg_ogr_contents',
      'SELECT * FROM sqlite_sequence',
      `SELECT * FROM "rtree_${layer}_geom" ORDER BY id`,
      "SELECT type, name, tbl_name FROM sqlite_master WHERE tbl_name NOT LIKE 'gpkg_tile%' ORDER BY type, name",
    ]) {
      expect(await query(ours.path, text), text).toEqual(await query(gdals.path, text));
    }
  });

  test('in a CRS of its own holds it as GDAL does', async () => {
    const wkt =
      'PROJCS["my plane",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",1],PARAMETER["central_meridian",8.5],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]';
    const asked = request('own-crs.gpkg', { crs: await crsFromWkt(wkt) });
    await createFeatureWriter().write(asked, signal);
    const seen = await python!.ask({ op: 'vector', path: asked.path });
    expect(seen['crsWkt']).toContain('my plane');
    expect(seen).toMatchObject({ valid: [true, true], epsg: null });
  });

  test('with a name that GeoPackages keep for themselves is refused', async () => {
    const asked = request('reserved.gpkg', { layerName: 'gpkg_contents' });
    await expect(createFeatureWriter().write(asked, signal)).rejects.toMatchObject({ code: 'OUTPUT_FORMAT' });
  });

  // Geographic would make degrees of pixels.
  test.each([9_000, 10_500])('without a CRS says that its %d features lie on a plane', async (count) => {
    const asked = request(`plane-${count}.gpkg`, { crs: null, features: squares(count) });
    await createFeatureWriter().write(asked, signal);
    expect(await rowsOf(asked.path, 'SELECT srs_id FROM gpkg_geometry_columns')).toEqual([[-1]]);
    expect(await rowsOf(asked.path, 'SELECT srs_id FROM gpkg_contents')).toEqual([[-1]]);
  });

  // Made in memory, and by GDAL.
  test.each([9_000, 10_500])('of %d features is sound and finds them by place', async (count) => {
    const asked = request(`many-${count}.gpkg`, { features: squares(count) });
    await createFeatureWriter().write(asked, signal);
    expect(await rowsOf(asked.path, 'SELECT count(*) FROM targets')).toEqual([[count]]);
    expect(await rowsOf(asked.path, "SELECT rtreecheck('rtree_targets_geom')")).toEqual([['ok']]);
    const near = `SELECT count(*) FROM rtree_targets_geom WHERE maxx >= 2600495 AND minx <= 2600515 AND maxy >= 1200195 AND miny <= 1200215`;
    expect(await rowsOf(asked.path, near)).toEqual([[9]]);
  });

  test('can be added to, and what is derived follows', async () => {
    const asked = request('grows.gpkg', { features: squares(200) });
    await createFeatureWriter().write(asked, signal);
    await appendToGeoPackage({ ...asked, features }, signal);
    await gdalVectorSql(asked.path, ['DELETE FROM targets WHERE fid <= 100']);
    expect(await rowsOf(asked.path, 'SELECT count(*), min(fid), max(fid) FROM targets')).toEqual([[102, 101, 202]]);
    expect(await rowsOf(asked.path, 'SELECT count(*) FROM rtree_targets_geom')).toEqual([[102]]);
    expect(await rowsOf(asked.path, "SELECT rtreecheck('rtree_targets_geom')")).toEqual([['ok']]);
    expect(await rowsOf(asked.path, 'SELECT feature_count FROM gpkg_ogr_contents')).toEqual([[102]]);
  });

  test.skipIf(!hasOgrinfo)('is found by place in ogrinfo', async () => {
    const asked = request('place.gpkg', { features: squares(3_000) });
    await createFeatureWriter().write(asked, signal);
    const area = ['-spat', '2600495', '1200085', '2600515', '1200095'];
    const text = execFileSync('ogrinfo', ['-al', '-so', ...area, asked.path], { encoding: 'utf8' });
    expect(text).toContain('Feature Count: 6');
    expect(text).toContain('Extent: (2600000.000000, 1200000.000000) - (2602998.000000, 1200098.000000)');
  });
});
