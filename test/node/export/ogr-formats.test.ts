import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Crs } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { createFeatureWriter } from '../../../src-main/core/export/feature-writer.ts';
import type { OutputFeature, WriteRequest } from '../../../src-main/core/ports.ts';
import { feature, polygon, question, runRecord, squareWithHole } from '../../support/output-samples.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 't2s-ogr-'));
const missing = pythonMissing(['fiona', 'rasterio', 'shapely']);
const python =
  missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py')) : null;
const hasOgrinfo = spawnSync('ogrinfo', ['--version']).status === 0;
if (!hasOgrinfo && process.env['T2S_REQUIRE_PYTHON'] === '1') {
  throw new Error('ogrinfo is required here (Debian package gdal-bin)');
}

let crs: Crs;
beforeAll(async () => {
  crs = await crsFromEpsg(2056);
});
afterAll(() => {
  python?.close();
  rmSync(folder, { recursive: true, force: true });
});

const twoFeatures: readonly OutputFeature[] = [
  feature(1, [squareWithHole(2_600_000, 1_200_000, 40)]),
  feature(2, [
    polygon([2_600_100, 1_200_000, 2_600_110, 1_200_000, 2_600_110, 1_200_010, 2_600_100, 1_200_010]),
    polygon([2_600_110, 1_200_010, 2_600_120, 1_200_010, 2_600_120, 1_200_020, 2_600_110, 1_200_020]),
  ]),
];

function request(name: string, changes: Partial<WriteRequest> = {}): WriteRequest {
  return {
    path: join(folder, name),
    layerName: 'targets',
    features: twoFeatures,
    crs,
    runRecord: runRecord(crs),
    overwrite: false,
    scratchName: '.think2seg-test',
    ...changes,
  };
}

const formats = [
  { extension: 'gpkg', driver: 'GPKG' },
  { extension: 'shp', driver: 'ESRI Shapefile' },
  { extension: 'fgb', driver: 'FlatGeobuf' },
] as const;

describe.each(formats)('$driver', ({ extension, driver }) => {
  test.skipIf(missing !== null)(
    `is what was asked for, says Fiona${missing === null ? '' : ` (${missing})`}`,
    async () => {
      const asked = request(`Größe äöü.${extension}`);
      const { files } = await createFeatureWriter().write(asked, signal);
      expect(files[0]).toBe(asked.path);
      expect(readdirSync(folder)).not.toContain('.think2seg-test');
      const seen = await python!.ask({ op: 'vector', path: asked.path });
      // FlatGeobuf stores features in the order of its spatial index.
      const ascending = (name: string) => [...(seen[name] as number[])].sort((left, right) => left - right);
      expect(seen).toMatchObject({ driver, epsg: 2056, valid: [true, true] });
      expect(ascending('holes')).toEqual([0, 1]);
      expect(ascending('areas')).toEqual([200, 1200]);
      expect(Object.keys(seen['fields'] as object)).toEqual([
        'instance',
        'question',
        'score',
        'area_m2',
        'perim_m',
        'prompt',
      ]);
      const properties = (seen['properties'] as Record<string, unknown>[]).find(({ instance }) => instance === 2);
      expect(properties).toMatchObject({ instance: 2, question, score: 0.875, area_m2: 1234.5, perim_m: 200.25 });
      expect(JSON.parse(String(properties?.['prompt']))).toEqual(twoFeatures[1]?.prompt);
    },
  );

  test.skipIf(!hasOgrinfo)('opens in ogrinfo', async () => {
    const asked = request(`native.${extension}`);
    await createFeatureWriter().write(asked, signal);
    const text = execFileSync('ogrinfo', ['-al', '-so', asked.path], { encoding: 'utf8' });
    expect(text).toContain('Feature Count: 2');
    expect(text).toContain('CH1903+ / LV95');
    expect(text).toContain(extension === 'shp' ? 'Geometry: Polygon' : 'Geometry: Multi Polygon');
  });

  test.skipIf(missing !== null)('without a feature is a valid empty layer with all fields', async () => {
    const asked = request(`empty.${extension}`, { features: [] });
    await createFeatureWriter().write(asked, signal);
    const seen = await python!.ask({ op: 'vector', path: asked.path });
    expect(seen).toMatchObject({ epsg: 2056, properties: [] });
    expect(Object.keys(seen['fields'] as object)).toHaveLength(6);
  });

  test.skipIf(missing !== null)('without a CRS says none', async () => {
    const asked = request(`no-crs.${extension}`, { crs: null });
    const { files } = await createFeatureWriter().write(asked, signal);
    expect(files.some((file) => file.endsWith('.prj'))).toBe(false);
    const seen = await python!.ask({ op: 'vector', path: asked.path });
    expect(seen['epsg']).toBeNull();
    expect((seen['areas'] as number[]).reduce((sum, area) => sum + area, 0)).toBe(1400);
  });

  test('has the same bytes when written again', async () => {
    const asked = request(`same.${extension}`);
    const { files } = await createFeatureWriter().write(asked, signal);
    const before = files.map((file) => readFileSync(file));
    await createFeatureWriter().write({ ...asked, overwrite: true }, signal);
    expect(files.map((file, index) => before[index]?.equals(readFileSync(file)))).toEqual(files.map(() => true));
  });

  test('keeps the run record', async () => {
    const asked = request(`record.${extension}`);
    const { files } = await createFeatureWriter().write(asked, signal);
    if (extension === 'gpkg') {
      expect(readFileSync(asked.path).includes(Buffer.from('Größte freie Fläche'))).toBe(true);
      return;
    }
    const beside = files.find((file) => file.endsWith('.think2seg.json'));
    expect(JSON.parse(readFileSync(String(beside), 'utf8'))).toMatchObject({ createdAt: asked.runRecord.createdAt });
  });
});

describe('GeoPackage', () => {
  test.skipIf(!hasOgrinfo)('of more than is made in memory opens in ogrinfo', async () => {
    const long = 'ä'.repeat(3 * 2 ** 20);
    const features = [1, 2, 3].map((instance) => ({ ...twoFeatures[0]!, instance, question: long }));
    const asked = request('large.gpkg', { features });
    await createFeatureWriter().write(asked, signal);
    expect(statSync(asked.path).size).toBeGreaterThan(16 * 2 ** 20);
    expect(execFileSync('ogrinfo', ['-al', '-so', asked.path], { encoding: 'utf8' })).toContain('Feature Count: 3');
  });
});

describe('Shapefile', () => {
  test('has ESRI WKT, UTF-8 and texts cut at a character, said in the record', async () => {
    const long = 'ä直'.repeat(80);
    const asked = request('long.shp', { features: [{ ...twoFeatures[0]!, question: long }] });
    await createFeatureWriter().write(asked, signal);
    expect(readFileSync(join(folder, 'long.prj'), 'utf8')).toMatch(/^PROJCS\["CH1903\+_LV95",GEOGCS\["GCS_CH1903\+"/);
    expect(readFileSync(join(folder, 'long.cpg'), 'utf8')).toBe('UTF-8');
    const record = JSON.parse(readFileSync(join(folder, 'long.think2seg.json'), 'utf8')) as Record<string, unknown>;
    expect(record['outputWarnings']).toEqual([expect.stringContaining('field question')]);
    // 254 bytes hold 50 pairs of 5 bytes and one more character of 2; the next would be cut in the middle.
    const dbf = readFileSync(join(folder, 'long.dbf'));
    expect(dbf.includes(Buffer.from(`${'ä直'.repeat(50)}ä  `))).toBe(true);
  });

  test('calls no measure that is missing cut', async () => {
    const asked = request('nowhere.shp', { features: [{ ...twoFeatures[0]!, areaM2: Number.NaN }] });
    expect((await createFeatureWriter().write(asked, signal)).warnings).toEqual([]);
  });

  test('replaces all parts and the leftovers of an older one', async () => {
    const asked = request('twice.shp');
    await createFeatureWriter().write(asked, signal);
    await expect(createFeatureWriter().write(asked, signal)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await createFeatureWriter().write({ ...asked, crs: null, overwrite: true }, signal);
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('twice.'))
        .sort(),
    ).toEqual(['twice.cpg', 'twice.dbf', 'twice.shp', 'twice.shx', 'twice.think2seg.json']);
  });

  test('does not take a .prj for its own that lies beside a raster', async () => {
    const path = join(folder, 'ortho.prj');
    writeFileSync(path, 'the only place that knows the CRS of ortho.tif');
    for (const changes of [{ crs: null }, {}]) {
      const asked = request('ortho.shp', { ...changes, overwrite: true });
      await expect(createFeatureWriter().write(asked, signal)).rejects.toMatchObject({
        code: 'OUTPUT_EXISTS',
        message: expect.stringContaining(path) as string,
      });
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('ortho.'))).toEqual(['ortho.prj']);
  });

  test('of more than 2 GB is refused before anything is written', async () => {
    const ring = new Float64Array(2_000_000);
    const features = Array.from({ length: 140 }, (_, index) => feature(index + 1, [{ rings: [ring] }]));
    await expect(createFeatureWriter().write(request('big.shp', { features }), signal)).rejects.toMatchObject({
      code: 'OUTPUT_TOO_LARGE',
    });
    expect(readdirSync(folder).some((name) => name.startsWith('big.'))).toBe(false);
  });
});

test('an unknown extension is refused with the known ones', async () => {
  await expect(createFeatureWriter().write(request('out.kml'), signal)).rejects.toMatchObject({
    code: 'OUTPUT_FORMAT',
    message: expect.stringContaining('.gpkg') as string,
  });
});

test('an abort leaves nothing', async () => {
  const abort = new AbortController();
  abort.abort();
  await expect(createFeatureWriter().write(request('aborted.gpkg'), abort.signal)).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(readdirSync(folder).filter((name) => name.includes('aborted') || name.startsWith('.'))).toEqual([]);
});
