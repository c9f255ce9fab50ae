import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromJsonNumber } from '../../../src-main/contract/json-number.ts';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import type { Scene } from '../../../src-main/core/raster/scene.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';

const never = new AbortController().signal;
const missing = pythonMissing(['rasterio', 'numpy']);

/** A TIFF of a mosaic; `x`, `y` in metres from the upper left corner, `pixel` in metres. */
interface Tile {
  x: number;
  y: number;
  width?: number;
  height?: number;
  bands?: number;
  type?: string;
  pixel?: number;
  shift?: number;
  nodata?: number;
  mask?: boolean;
  alpha?: boolean;
  overviews?: number[];
  creation?: Record<string, unknown>;
}

interface Content {
  samples: string[];
  valid: string;
}

interface Reference {
  size: [number, number];
  transform: number[];
  epsg: number | null;
  nodata: (string | null)[];
  types: string[];
  colors: string[];
  windows: Content[];
  overviews: (Content & { size: [number, number] })[];
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-mosaic-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(missing !== null)(`mosaics that gdalbuildvrt writes (${missing ?? 'present'})`, () => {
  let python: PythonProcess;
  let next = 0;
  beforeAll(() => {
    python = new PythonProcess(resolve(import.meta.dirname, '../../support/mosaic_oracle.py'));
  });
  afterAll(() => {
    python.close();
  });

  const build = async (
    tiles: readonly Tile[],
    options: { arguments?: string[]; addo?: [string[], string[]]; creation?: Record<string, unknown> } = {},
  ): Promise<string> => {
    next += 1;
    const path = join(folder, `mosaic-${next}.vrt`);
    await python.ask({
      op: 'build',
      path,
      ...options,
      tiles: tiles.map((tile, index) => ({
        path: join(folder, `tile-${next}-${index}.tif`),
        width: 100,
        height: 90,
        bands: 3,
        type: 'uint8',
        pixel: 1,
        ...tile,
        creation: { ...options.creation, ...tile.creation },
      })),
    });
    return path;
  };

  const contentOf = async (
    scene: Scene,
    [x, y, width, height]: readonly number[],
    outWidth: number,
    outHeight: number,
  ): Promise<Content> => {
    const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const windowPx = { x: x!, y: y!, width: width!, height: height! };
    const bands = scene.info.bands.map((_, index) => index + 1);
    const window = await scene.readWindow({ windowPx, outWidth, outHeight, bands }, never);
    return {
      samples: window.bands.map(({ buffer, byteOffset, byteLength }) =>
        sha(new Uint8Array(buffer, byteOffset, byteLength)),
      ),
      valid: sha(window.valid),
    };
  };

  /** Description, samples, valid pixels and overviews equal rasterio's, and our own reader read them. */
  const expectEqual = async (path: string, windows: readonly number[][] = []): Promise<Scene['info']> => {
    const reference = (await python.ask({ op: 'read', path, windows })) as unknown as Reference;
    const scene = await openScene(path, never);
    try {
      const { info } = scene;
      expect(info.reader).toEqual({ name: 'vrt' });
      expect([info.width, info.height]).toEqual(reference.size);
      expect(info.transform).toEqual(reference.transform);
      expect(info.crs?.epsg).toBe(reference.epsg);
      expect(info.bands.map(({ nodata }) => (nodata === null ? null : fromJsonNumber(nodata)))).toEqual(
        reference.nodata.map((value) => (value === null ? null : Number(value))),
      );
      expect(info.bands.map(({ type }) => type)).toEqual(reference.types);
      expect(info.bands.map(({ colorInterpretation }) => colorInterpretation)).toEqual(reference.colors);
      const all = windows.length > 0 ? windows : [[0, 0, info.width, info.height]];
      for (const [index, window] of all.entries()) {
        expect(await contentOf(scene, window, window[2]!, window[3]!), `window ${window.join()}`).toEqual(
          reference.windows[index],
        );
      }
      expect(info.overviews).toHaveLength(reference.overviews.length);
      for (const { size, ...content } of reference.overviews) {
        expect(await contentOf(scene, [0, 0, info.width, info.height], ...size), `overview ${size.join()}`).toEqual(
          content,
        );
      }
      return info;
    } finally {
      await scene.close();
    }
  };

  /** Side by side with a gap, and over each other. */
  const around: Tile[] = [
    { x: 0, y: 0 },
    { x: 130, y: 0, shift: 10 },
    { x: 60, y: 40, shift: 20 },
  ];

  it.each([
    { compress: 'JPEG', photometric: 'YCBCR', tiled: true, blockxsize: 64, blockysize: 64 },
    { compress: 'JPEG', photometric: 'RGB' },
    { compress: 'WEBP', tiled: true, blockxsize: 64, blockysize: 64 },
    { compress: 'ZSTD' },
    { compress: 'LZMA' },
    { compress: 'LERC' },
    { compress: 'DEFLATE' },
  ])('$compress, photometric $photometric, with a gap and an overlap', async (creation) => {
    await expectEqual(await build(around, { creation }), [
      [0, 0, 230, 130],
      [95, 35, 50, 30],
      [110, 5, 10, 20],
      [229, 0, 1, 130],
    ]);
  });

  it('files that miss other values, and a value of its own where there is none', async () => {
    const tiles = around.map((tile, index) => ({ ...tile, nodata: [7, 9, 0][index]! }));
    const creation = { compress: 'ZSTD' };
    await expectEqual(await build(tiles, { creation }));
    await expectEqual(await build(tiles, { creation, arguments: ['-vrtnodata', '255'] }));
    await expectEqual(await build(tiles, { creation, arguments: ['-srcnodata', '0', '-vrtnodata', '0'] }));
    await expectEqual(await build(tiles, { creation, arguments: ['-hidenodata'] }));
  });

  it.each(['int16', 'uint16', 'float32', 'float64', 'int32'])('%s with missing values', async (type) => {
    const tiles = around.map((tile) => ({ ...tile, type, bands: 1, nodata: type === 'uint16' ? 65535 : -9999 }));
    await expectEqual(await build(tiles, { creation: { compress: 'LERC' } }));
  });

  it('floats that miss NaN, and the largest float', async () => {
    for (const nodata of ['nan', -3.4028234663852886e38]) {
      const tiles = around.map((tile) => ({ ...tile, type: 'float32', bands: 1, nodata: nodata as number }));
      await expectEqual(await build(tiles, { creation: { compress: 'ZSTD' } }));
    }
  });

  it('masks of some of the files', async () => {
    const tiles = around.map((tile, index) => ({ ...tile, mask: index !== 1 }));
    await expectEqual(await build(tiles, { creation: { compress: 'JPEG', photometric: 'YCBCR' } }));
  });

  it('alpha bands of the files, and one that gdalbuildvrt adds', async () => {
    const tiles = around.map((tile) => ({ ...tile, bands: 4, alpha: true }));
    await expectEqual(await build(tiles, { creation: { compress: 'WEBP', webp_lossless: true, photometric: 'RGB' } }));
    await expectEqual(await build(around, { creation: { compress: 'JPEG' }, arguments: ['-addalpha'] }));
  });

  it('grey and alpha in JPEG blocks', async () => {
    const tiles = around.map((tile) => ({ ...tile, bands: 2, alpha: true }));
    await expectEqual(
      await build(tiles, { creation: { compress: 'JPEG', tiled: true, blockxsize: 64, blockysize: 64 } }),
    );
  });

  it('files as bands, of types that differ', async () => {
    const tiles = around.map((tile, index) => ({ ...tile, bands: 1, type: ['uint8', 'uint16', 'float32'][index]! }));
    await expectEqual(await build(tiles, { creation: { compress: 'ZSTD' }, arguments: ['-separate'] }));
  });

  it('beyond the files, and a part of them', async () => {
    const extent = ['-te', '499980', '5399800', '500110', '5400030'];
    await expectEqual(await build(around, { creation: { compress: 'LZMA' }, arguments: extent }), [
      [0, 0, 130, 230],
      [0, 0, 20, 20],
      [15, 25, 40, 40],
    ]);
    const between = ['-te', '500020.4', '5399900.3', '500100.4', '5399990.3'];
    await expectEqual(await build(around, { creation: { compress: 'LZMA' }, arguments: between }));
  });

  it.each(['highest', 'lowest', 'average'])('the %s resolution of the files', async (resolution) => {
    const tiles = [
      { x: 0, y: 0 },
      { x: 100, y: 0, pixel: 2, width: 60, height: 50 },
      { x: 40, y: 60, pixel: 0.7, width: 80, height: 70 },
    ];
    await expectEqual(await build(tiles, { creation: { compress: 'ZSTD' }, arguments: ['-resolution', resolution] }));
  });

  it('a coarser mosaic takes what it shows from the overviews of the files', async () => {
    const tiles = around.map((tile) => ({ ...tile, overviews: [2, 4] }));
    const coarser = ['-resolution', 'user', '-tr', '2', '2'];
    await expectEqual(await build(tiles, { creation: { compress: 'ZSTD' }, arguments: coarser }));
  });

  it('files at parts of pixels, coarser and finer than the mosaic, some with overviews', async () => {
    const tiles = [
      { x: 19.091796875, y: 106.00700974464417, width: 148, height: 89, overviews: [2, 4] },
      { x: 143.97371113300323, y: 114.49644565582275, width: 110, height: 135, pixel: 2, overviews: [2, 4] },
      { x: 50.0927209854126, y: 70.93536853790283, width: 194, height: 159, nodata: 98, overviews: [2, 4] },
      { x: 47.188615798950195, y: 124.59054589271545, width: 182, height: 134, pixel: 0.7 },
    ];
    const creation = { compress: 'ZSTD' };
    for (const resolution of [['-tr', '2', '2'], ['-tr', '1.7', '0.9'], []]) {
      await expectEqual(await build(tiles, { creation, arguments: resolution }));
    }
  });

  it('overviews that only some of the bands have', async () => {
    const tiles = [
      { x: 0, y: 0, overviews: [2] },
      { x: 0, y: 0 },
    ].map((tile) => ({ ...tile, width: 400, height: 300, bands: 1 }));
    const path = await build(tiles, { creation: { compress: 'ZSTD' }, arguments: ['-separate'] });
    expect((await expectEqual(path)).overviews).toEqual([]);
  });

  it('the overviews of a single file', async () => {
    const tiles = [{ x: 0, y: 0, width: 700, height: 601, overviews: [2, 4, 8] }];
    const info = await expectEqual(await build(tiles, { creation: { compress: 'JPEG', photometric: 'YCBCR' } }));
    expect(info.overviews).toEqual([2, 4]);
  });

  it('overviews beside the VRT', async () => {
    const addo: [string[], string[]] = [
      ['-r', 'average', '--config', 'COMPRESS_OVERVIEW', 'JPEG'],
      ['2', '4'],
    ];
    expect((await expectEqual(await build(around, { creation: { compress: 'JPEG' }, addo }))).overviews).toEqual([
      2, 4,
    ]);
  });
});
