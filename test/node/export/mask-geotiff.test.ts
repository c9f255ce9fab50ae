import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { crsFromWkt } from '../../../src-main/core/crs/from-wkt.ts';
import { writeMaskGeoTiff, type MaskRequest } from '../../../src-main/core/export/mask-geotiff.ts';
import { runRecord } from '../../support/output-samples.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 't2s-mask-'));
const missing = pythonMissing(['fiona', 'rasterio', 'shapely']);
const python =
  missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py')) : null;
afterAll(() => {
  python?.close();
  rmSync(folder, { recursive: true, force: true });
});

const width = 300;
const height = 7;
function request(name: string, changes: Partial<MaskRequest>): MaskRequest {
  const data = new Uint16Array(width * height);
  data[5] = 2;
  data[width * height - 1] = 255;
  return {
    path: join(folder, name),
    width,
    height,
    data,
    transform: null,
    crs: null,
    runRecord: runRecord(null),
    overwrite: false,
    ...changes,
  };
}

describe.skipIf(missing !== null)(`mask GeoTIFF, read by rasterio${missing === null ? '' : ` (${missing})`}`, () => {
  test('has CRS, rotated transform, nodata, samples and the run record', async () => {
    const transform: Geotransform = [0.5, 0.1, 2_600_000, 0.1, -0.5, 1_200_000];
    const asked = request('a.tif', { transform, crs: await crsFromEpsg(2056) });
    expect(await writeMaskGeoTiff(asked, signal)).toEqual([asked.path]);
    const seen = await python!.ask({ op: 'raster', path: asked.path });
    expect(seen).toMatchObject({
      epsg: 2056,
      dtype: 'uint8',
      nodata: 0,
      size: [width, height],
      tiled: true,
      compression: 'deflate',
    });
    (seen['transform'] as number[]).forEach((value, index) => expect(value).toBeCloseTo(transform[index] ?? 0, 9));
    expect(seen['samples']).toEqual([...asked.data]);
    expect(JSON.parse((seen['tags'] as Record<string, string>)['think2seg'] ?? '')).toEqual(asked.runRecord);
    expect(readdirSync(folder).filter((name) => name !== 'a.tif')).toEqual([]);
  });

  test('takes away what other programs left beside an older one', async () => {
    const asked = request('again.tif', {});
    await writeMaskGeoTiff(asked, signal);
    for (const leftover of ['.ovr', '.aux.xml']) {
      writeFileSync(asked.path + leftover, 'of the older mask');
    }
    await expect(writeMaskGeoTiff(asked, signal)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readdirSync(folder).filter((name) => name.startsWith('again'))).toHaveLength(3);
    await writeMaskGeoTiff({ ...asked, overwrite: true }, signal);
    expect(readdirSync(folder).filter((name) => name.startsWith('again'))).toEqual(['again.tif']);
    rmSync(asked.path);
  });

  test('is 16-bit with more than 255 instances', async () => {
    const asked = request('b.tif', {});
    asked.data[0] = 40_000;
    await writeMaskGeoTiff(asked, signal);
    const seen = await python!.ask({ op: 'raster', path: asked.path });
    expect(seen).toMatchObject({ dtype: 'uint16', epsg: null, transform: [1, 0, 0, 0, 1, 0] });
    expect(seen['samples']).toEqual([...asked.data]);
  });

  test('keeps a CRS that has no code', async () => {
    const crs = await crsFromWkt(
      'PROJCS["My grid",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",10.25],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]',
    );
    const asked = request('c.tif', { crs, transform: [1, 0, 0, 0, -1, 0] });
    await writeMaskGeoTiff(asked, signal);
    const seen = await python!.ask({ op: 'raster', path: asked.path });
    expect(seen['crsWkt']).toMatch(/My grid.*"central_meridian",10\.25/);
  });
});

test('an existing mask stays unless overwriting is asked for', async () => {
  const asked = request('d.tif', {});
  await writeMaskGeoTiff(asked, signal);
  await expect(writeMaskGeoTiff(asked, signal)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  await writeMaskGeoTiff({ ...asked, overwrite: true }, signal);
  expect(statSync(asked.path).size).toBeGreaterThan(0);
});
