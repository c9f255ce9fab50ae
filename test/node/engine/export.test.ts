import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AskResult } from '../../../src-main/contract/ask.ts';
import { createHandlers } from '../../../src-main/engine/handlers.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { qgisMissing, renderWithQgis } from '../../support/qgis.ts';
import { makeTiff } from '../../support/make-tiff.ts';

const root = resolve(import.meta.dirname, '../../..');
const rasterPath = join(root, 'resources/sample/harbour.tif');
const missing = pythonMissing(['rasterio', 'fiona', 'shapely']);
const question = "Where is the harbour's fuel? Größe “直”";

const handlers = createHandlers();
const signal = new AbortController().signal;
const quiet = { signal, onProgress: () => undefined };

let folder: string;
let asked: AskResult;
let oracle: PythonProcess;

beforeAll(async () => {
  oracle = new PythonProcess('test/support/output_oracle.py');
  asked = await handlers['query.ask'](
    {
      rasterPath,
      bands: null,
      mode: 'native',
      connectivity: 8,
      packDirectory: join(root, 'models/nano'),
      provider: 'cpu',
      threads: null,
      question: 'Where is liquid fuel kept in bulk?',
      target: { kind: 'scene' },
    },
    quiet,
  );
});

afterAll(async () => {
  oracle.close();
  await handlers['models.unload']({}, quiet);
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-export-'));
  return () => rm(folder, { recursive: true, force: true });
});

function request(name: string, changes: Partial<Parameters<(typeof handlers)['export.vector']>[0]> = {}) {
  return {
    rasterPath,
    path: join(folder, name),
    layerName: 'fuel tanks',
    fields: [],
    instances: asked.instances.map((instance) => ({ ...instance, question, attributes: [] })),
    runRecord: asked.runRecord,
    write: 'create' as const,
    style: { color: '#e4572e', opacity: 0.8 },
    scratchName: '.think2seg-test',
    ...changes,
  };
}

const write = (...given: Parameters<typeof request>) => handlers['export.vector'](request(...given), quiet);

async function rows(name: string, query: string): Promise<unknown[][]> {
  const told = await oracle.ask({ op: 'sql', path: join(folder, name), query });
  expect(told).toMatchObject({ integrity: 'ok', brokenKeys: 0 });
  return told['rows'] as unknown[][];
}

const drawn = () => asked.instances.filter(({ polygonsMap }) => polygonsMap.length > 0);

describe.skipIf(missing !== null)(`export.vector (${missing ?? 'read by ogrinfo, Fiona and SQLite'})`, () => {
  it.each(['tanks.gpkg', 'tanks.shp', 'tanks.fgb', 'tanks.geojson'])(
    'writes %s with its style beside it',
    async (name) => {
      const { files } = await write(name);
      expect((await readdir(folder)).sort()).toEqual(files.map((file) => file.slice(folder.length + 1)).sort());
      expect(files).toContain(join(folder, 'tanks.qml'));
      const told = await oracle.ask({ op: 'vector', path: join(folder, name) });
      expect(told['valid']).toEqual(drawn().map(() => true));
      const properties = told['properties'] as { instance: number; question: string; area_m2: number }[];
      // A FlatGeobuf is sorted by place.
      properties.sort((a, b) => a.instance - b.instance);
      expect(properties.map(({ area_m2 }) => area_m2)).toEqual(
        drawn().map(({ areaM2 }) => expect.closeTo(areaM2!, 6) as number),
      );
      expect(properties[0]?.question).toBe(question);
      const summary = execFileSync('ogrinfo', ['-ro', '-al', '-so', join(folder, name)], { encoding: 'utf8' });
      expect(summary).toContain(`Feature Count: ${drawn().length}`);
    },
  );

  it('keeps the style inside the GeoPackage, as its default', async () => {
    await write('tanks.gpkg');
    const [row] = await rows(
      'tanks.gpkg',
      'SELECT f_table_name, f_geometry_column, styleName, useAsDefault, styleQML FROM layer_styles',
    );
    expect(row?.slice(0, 4)).toEqual(['fuel tanks', 'geom', 'fuel tanks', 1]);
    expect(row?.[4]).toBe(await readFile(join(folder, 'tanks.qml'), 'utf8'));
    expect(execFileSync('ogrinfo', ['-ro', join(folder, 'tanks.gpkg')], { encoding: 'utf8' })).toContain(
      'layer_styles',
    );
  });

  it('refuses to overwrite on create, and replaces when asked', async () => {
    await write('tanks.gpkg', { layerName: 'old' });
    await expect(write('tanks.gpkg')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await write('tanks.gpkg', { write: 'replace', instances: [] });
    const told = await oracle.ask({ op: 'vector', path: join(folder, 'tanks.gpkg'), layer: 'fuel tanks' });
    expect(told).toMatchObject({ properties: [], layers: ['fuel tanks', 'layer_styles'] });
  });

  it('replaces no style that belongs to something else', async () => {
    const style = join(folder, 'ortho.qml');
    await writeFile(style, 'of ortho.tif');
    await expect(write('ortho.gpkg', { write: 'replace' })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readdir(folder)).toEqual(['ortho.qml']);
    await write('ortho.gpkg', { write: 'replace', style: null });
    expect(await readFile(style, 'utf8')).toBe('of ortho.tif');
  });

  it('appends to a layer of another program, adding the attributes that it lacks, and keeps both records', async () => {
    const path = join(folder, 'plan.gpkg');
    await writeFile(
      join(folder, 'plan.geojson'),
      JSON.stringify({
        type: 'FeatureCollection',
        features: [
          {
            type: 'Feature',
            properties: { name: 'mine', question: 'older' },
            geometry: { type: 'Polygon', coordinates: [[[13, 47], [13.001, 47], [13, 47.001], [13, 47]]] }, // prettier-ignore
          },
        ],
      }),
    );
    execFileSync('ogr2ogr', [
      '-t_srs',
      `EPSG:${asked.runRecord.crs?.epsg}`,
      '-nln',
      'plan',
      path,
      join(folder, 'plan.geojson'),
    ]);
    await write('plan.gpkg', { write: 'append', layerName: 'plan' });
    await write('plan.gpkg', { write: 'append', layerName: 'plan', runRecord: null });
    const told = await oracle.ask({ op: 'vector', path, layer: 'plan' });
    const properties = told['properties'] as Record<string, unknown>[];
    const parts = drawn().reduce((sum, { polygonsMap }) => sum + polygonsMap.length, 0);
    expect(properties).toHaveLength(1 + 2 * parts);
    expect(properties[0]).toMatchObject({ name: 'mine', question: 'older', area_m2: null });
    expect(properties[1]).toMatchObject({ name: null, question, instance: 1 });
    expect(told['valid']).not.toContain(false);
    const records = await rows(
      'plan.gpkg',
      `SELECT metadata, r.table_name FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id WHERE mime_type = 'application/json'`,
    );
    expect(records.map(([, table]) => table)).toEqual(['plan', 'plan']);
    expect(JSON.parse(records[0]?.[0] as string)).toEqual(asked.runRecord);
    expect(JSON.parse(records[1]?.[0] as string)).toMatchObject({
      promptSource: 'by-hand',
      scene: { sha256: asked.runRecord.scene.sha256 },
    });
    execFileSync('ogrinfo', ['-ro', '-al', '-so', path]);
  });

  it('adds a layer with a style of its own', async () => {
    await write('tanks.gpkg');
    await write('tanks.gpkg', { write: 'add-layer', layerName: "the user's", style: { color: '#00aa00', opacity: 1 } });
    expect(await oracle.ask({ op: 'vector', path: join(folder, 'tanks.gpkg'), layer: "the user's" })).toMatchObject({
      layers: ['fuel tanks', "the user's", 'layer_styles'],
      valid: drawn().map(() => true),
    });
    const styles = await rows('tanks.gpkg', 'SELECT f_table_name, styleQML FROM layer_styles ORDER BY id');
    expect(styles.map(([table]) => table)).toEqual(['fuel tanks', "the user's"]);
    expect(styles[1]?.[1]).toContain('0,170,0');
  });

  it.each([
    ['a layer that is not there', { write: 'append', layerName: 'nothing' }, 'OUTPUT_FORMAT'],
    ['a layer of another CRS', { write: 'append', layerName: 'elsewhere' }, 'OUTPUT_FORMAT'],
    ['a layer of points', { write: 'append', layerName: 'points' }, 'OUTPUT_FORMAT'],
    ['a layer that exists', { write: 'add-layer', layerName: 'Elsewhere' }, 'OUTPUT_EXISTS'],
  ] as const)('refuses %s and leaves the file as it was', async (_, changes, code) => {
    const path = join(folder, 'plan.gpkg');
    const point = JSON.stringify({ type: 'Point', coordinates: [13, 47] });
    await writeFile(join(folder, 'point.geojson'), point);
    await write('plan.gpkg', { style: null });
    execFileSync('ogr2ogr', ['-update', '-nln', 'points', path, join(folder, 'point.geojson')]);
    execFileSync('ogr2ogr', ['-update', '-nln', 'elsewhere', '-t_srs', 'EPSG:3857', path, path, 'fuel tanks']);
    const before = await readFile(path);
    await expect(write('plan.gpkg', changes)).rejects.toMatchObject({ code });
    expect((await readFile(path)).equals(before)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['plan.gpkg', 'point.geojson']);
  });

  it('leaves the file as it was when the append is cancelled or the file is open elsewhere', async () => {
    await write('plan.gpkg', { style: null });
    const path = join(folder, 'plan.gpkg');
    const before = await readFile(path);
    const controller = new AbortController();
    controller.abort();
    const append = request('plan.gpkg', { write: 'append', style: null });
    await expect(
      handlers['export.vector'](append, { signal: controller.signal, onProgress: () => undefined }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    await writeFile(`${path}-wal`, 'pages that were not written back');
    await expect(write('plan.gpkg', { write: 'append', style: null })).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    });
    expect((await readFile(path)).equals(before)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['plan.gpkg', 'plan.gpkg-wal']);
  });

  it('refuses to append to anything but a GeoPackage, and to what is not there', async () => {
    await expect(write('a.shp', { write: 'append' })).rejects.toMatchObject({ code: 'OUTPUT_FORMAT' });
    await expect(write('a.gpkg', { write: 'append' })).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe.skipIf(missing !== null)(`export.mask (${missing ?? 'read by rasterio'})`, () => {
  it('draws the instances as GDAL does, on the pixels of the scene', async () => {
    const windowPx = { x: 40, y: 30, width: 400, height: 420 };
    const instances = asked.instances.map((instance) => ({ ...instance, question }));
    const path = join(folder, 'mask.tif');
    const input = { rasterPath, path, windowPx, instances, runRecord: asked.runRecord, overwrite: false, scratchName: '.think2seg-test' }; // prettier-ignore
    expect(await handlers['export.mask'](input, quiet)).toEqual({ files: [path] });
    const written = await oracle.ask({ op: 'raster', path });
    const burnt = await oracle.ask({
      op: 'burn',
      shapes: instances.map(({ polygonsMap }) => polygonsMap.map(({ rings }) => rings)),
      transform: written['transform'],
      ...windowPx,
    });
    expect(written).toMatchObject({ size: [400, 420], nodata: 0, epsg: asked.runRecord.crs?.epsg });
    expect(written['samples']).toEqual(burnt['samples']);
    expect(new Set(written['samples'] as number[]).size).toBeGreaterThan(1);
    await expect(handlers['export.mask'](input, quiet)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('draws on a rotated scene without CRS', async () => {
    const scene = join(folder, 'rotated.tif');
    // ModelTransformation: 2 units a pixel, turned.
    const [a, b] = [1.6, 1.2];
    const matrix = [a, b, 0, 100, b, -a, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1];
    await writeFile(scene, makeTiff({ width: 40, height: 30, bands: 1, value: () => 1, doubles: { 34264: matrix } }));
    const ring = [100, 200, 100 + 20 * a, 200 + 20 * b, 100 + 20 * a + 10 * b, 200 + 20 * b - 10 * a];
    const instance = { promptScenePx: null, polygonsMap: [{ rings: [ring] }], score: null, areaM2: null, perimeterM: null, question }; // prettier-ignore
    const path = join(folder, 'mask.tif');
    const windowPx = { x: 0, y: 0, width: 40, height: 30 };
    await handlers['export.mask'](
      {
        rasterPath: scene,
        path,
        windowPx,
        instances: [instance],
        runRecord: null,
        overwrite: false,
        scratchName: '.think2seg-t',
      },
      quiet,
    );
    const written = await oracle.ask({ op: 'raster', path });
    const burnt = await oracle.ask({ op: 'burn', shapes: [[[ring]]], transform: written['transform'], ...windowPx });
    expect(written['samples']).toEqual(burnt['samples']);
  });
});

describe.skipIf(qgisMissing !== null)(`in QGIS (${qgisMissing ?? 'Debian'})`, () => {
  it('opens with the style that is inside, over the raster, and with the one beside it', async () => {
    await write('tanks.gpkg');
    // As a file that was sent alone.
    await copyFile(join(folder, 'tanks.gpkg'), join(folder, 'alone.gpkg'));
    const picturePath =
      process.env['T2S_WRITE_PICTURES'] === '1'
        ? join(root, 'docs/pictures/qgis-render.png')
        : join(folder, 'picture.png');
    const common = { size: [470, 470] as const, rasterPath };
    const inside = await renderWithQgis({
      ...common,
      picturePath,
      vectorUri: `${join(folder, 'alone.gpkg')}|layername=fuel tanks`,
    });
    expect(inside).toMatchObject({
      valid: true,
      saved: true,
      features: drawn().length,
      crs: inside.rasterCrs,
      fill: [228, 87, 46, 77],
      stroke: [228, 87, 46, 255],
      opacity: 0.8,
    });
    const picture = PNG.sync.read(await readFile(picturePath));
    const scene = await renderWithQgis({
      ...common,
      picturePath: join(folder, 'plain.png'),
      vectorUri: `${join(folder, 'alone.gpkg')}|layername=fuel tanks|subset=instance < 0`,
    });
    expect(scene.features).toBe(0);
    const plain = PNG.sync.read(await readFile(join(folder, 'plain.png')));
    // QGIS changes the picture where our outlines are, and nowhere else.
    const [west, south, east, north] = asked.runRecord.windowBoundsMap ?? [0, 0, 0, 0];
    const xs = drawn().flatMap(({ polygonsMap }) => polygonsMap.flatMap(({ rings: [ring] }) => ring!.filter((_, i) => i % 2 === 0))); // prettier-ignore
    const ys = drawn().flatMap(({ polygonsMap }) => polygonsMap.flatMap(({ rings: [ring] }) => ring!.filter((_, i) => i % 2 === 1))); // prettier-ignore
    const changed = Array.from({ length: 470 * 470 }, (_, at) => at).filter(
      (at) => Math.abs(picture.data[at * 4]! - plain.data[at * 4]!) > 12,
    );
    const columns = changed.map((at) => at % 470);
    const lines = changed.map((at) => Math.floor(at / 470));
    const toColumn = (x: number) => ((x - west) / (east - west)) * 470;
    const toLine = (y: number) => ((north - y) / (north - south)) * 470;
    const near = 3;
    expect(Math.abs(Math.min(...columns) - toColumn(Math.min(...xs)))).toBeLessThan(near);
    expect(Math.abs(Math.max(...columns) - toColumn(Math.max(...xs)))).toBeLessThan(near);
    expect(Math.abs(Math.min(...lines) - toLine(Math.max(...ys)))).toBeLessThan(near);
    expect(Math.abs(Math.max(...lines) - toLine(Math.min(...ys)))).toBeLessThan(near);

    await write('tanks.shp', { layerName: 'tanks', write: 'replace' });
    const beside = await renderWithQgis({
      ...common,
      picturePath: join(folder, 'shape.png'),
      vectorUri: join(folder, 'tanks.shp'),
      qmlPath: join(folder, 'tanks.qml'),
    });
    expect(beside).toMatchObject({ valid: true, qmlLoaded: true, fill: inside.fill, opacity: 0.8 });
  });
});
