import { chmod, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetBlocks } from '../../../src-main/core/raster/block-cache.ts';
import { openRaster } from '../../../src-main/core/raster/open-raster.ts';
import { chooseRgbBands } from '../../../src-main/core/raster/rgb-bands.ts';
import { sceneInfo } from '../../../src-main/core/raster/scene-info.ts';
import { applyStretch, computeStretch } from '../../../src-main/core/raster/stretch.ts';
import type { RasterWindow } from '../../../src-main/core/ports.ts';
import { makeTiff, type TiffRecipe } from '../../support/make-tiff.ts';

const never = new AbortController().signal;
const width = 150;
const height = 70;
const utm33 = { 34735: [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633] };
const northUp = { 33550: [2, 3, 0], 33922: [0, 0, 0, 500000, 5400000, 0] };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-raster-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, recipe: Partial<TiffRecipe>): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, makeTiff({ width, height, bands: 1, value: wave, ...recipe }));
  return path;
}

function wave(x: number, y: number, band: number): number {
  return (x * 3 + y * 7 + band * 31) % 200;
}

async function read(path: string, windowPx = { x: 0, y: 0, width, height }, bands?: number[]): Promise<RasterWindow> {
  const scene = await openRaster(path, never);
  try {
    return await scene.readWindow(
      {
        windowPx,
        outWidth: windowPx.width,
        outHeight: windowPx.height,
        bands: bands ?? scene.info.bands.map((_, index) => index + 1),
      },
      never,
    );
  } finally {
    await scene.close();
  }
}

/** Differences of all sizes, so that a sum that runs over into its neighbour shows. */
function noise(x: number, y: number, band: number): number {
  return (Math.imul(x * 31 + y * 17 + band * 7 + 1, 0x9e3779b1) >>> 24) & 0xff;
}

/** The samples a recipe means, as plain numbers. */
function expected(value: TiffRecipe['value'], band: number): number[] {
  return Array.from({ length: width * height }, (_, index) => value(index % width, Math.floor(index / width), band));
}

describe('layouts written by hand', () => {
  const signed = (x: number, y: number, band: number): number => ((x * 41 + y * 13 + band) % 201) - 100;
  const cases: [string, Partial<TiffRecipe>][] = [
    ['8-bit strips', { bands: 3, rowsPerStrip: 7 }],
    ['8-bit strips, big-endian, one row each', { bands: 3, rowsPerStrip: 1, bigEndian: true }],
    ['8-bit tiles', { bands: 4, tile: 32, deflate: true }],
    ['8-bit planar tiles, predictor', { bands: 3, tile: 64, planar: true, deflate: true, predictor: true }],
    ['8-bit interleaved, predictor', { bands: 3, tile: 64, deflate: true, predictor: true }],
    ['8-bit noise, predictor', { bands: 3, tile: 64, deflate: true, predictor: true, value: noise }],
    ['8-bit noise in odd rows, predictor', { bands: 3, rowsPerStrip: 7, deflate: true, predictor: true, value: noise }],
    ['8-bit four bands of noise, predictor', { bands: 4, tile: 64, deflate: true, predictor: true, value: noise }],
    ['signed noise, predictor', { bands: 3, tile: 64, deflate: true, predictor: true, sampleFormat: 2, value: signed }],
    ['more than the memory that stays', { bands: 3, tile: 2048, deflate: true, predictor: true, value: noise }],
    ['8-bit two bands, predictor', { bands: 2, tile: 64, deflate: true, predictor: true }],
    ['16-bit big-endian many strips', { bits: 16, bands: 2, rowsPerStrip: 3, bigEndian: true, deflate: true }],
    ['16-bit big-endian predictor', { bits: 16, bands: 2, tile: 32, bigEndian: true, deflate: true, predictor: true }],
    ['signed 16-bit', { bits: 16, sampleFormat: 2, value: signed }],
    ['signed 8-bit', { bits: 8, sampleFormat: 2, value: signed }],
    ['signed 32-bit BigTIFF big-endian', { bits: 32, sampleFormat: 2, value: signed, bigTiff: true, bigEndian: true }],
    ['unsigned 32-bit', { bits: 32, value: (x, y) => 4_000_000_000 + x * y }],
    ['float32', { bits: 32, sampleFormat: 3, bands: 2, value: (x, y, band) => x / 4 - y * 8 + band }],
    ['float64 big-endian tiles', { bits: 64, sampleFormat: 3, tile: 16, bigEndian: true, value: (x, y) => x / 3 - y }],
    ['1 bit', { bits: 1, value: (x, y) => (x + y) & 1 }],
    ['2 bits, three bands', { bits: 2, bands: 3, value: (x, y, band) => (x + y + band) & 3 }],
    ['4 bits', { bits: 4, value: (x, y) => (x * y) & 15 }],
    ['12 bits, three bands', { bits: 12, bands: 3, value: (x, y, band) => (x * 25 + y + band * 999) & 4095 }],
  ];
  it.each(cases)('%s', async (name, recipe) => {
    const path = await write(`${name.replace(/\W+/g, '-')}.tif`, recipe);
    const window = await read(path);
    window.bands.forEach((samples, band) => {
      expect(Array.from(samples, Number)).toEqual(expected(recipe.value ?? wave, band));
    });
    expect(window.valid.every((value) => value === 1)).toBe(true);
    const inner = { x: 45, y: 20, width: 70, height: 33 };
    const part = await read(path, inner);
    part.bands.forEach((samples, band) => {
      const whole = expected(recipe.value ?? wave, band);
      const wanted = Array.from({ length: inner.width * inner.height }, (_, index) => {
        const x = inner.x + (index % inner.width);
        return whole[(inner.y + Math.floor(index / inner.width)) * width + x];
      });
      expect(Array.from(samples, Number)).toEqual(wanted);
    });
  });

  // Blocks of this size are decoded into memory that an earlier block left.
  it.each([
    ['colours', { tile: 128, bands: 3 }],
    ['colours, predictor', { tile: 128, bands: 3, predictor: true }],
    [
      'colours, predictor, steps that wrap',
      { tile: 128, bands: 3, predictor: true, value: (x, y, band) => (x * 151 + y * 89 + band) % 256 },
    ],
    ['four bands, predictor', { tile: 128, bands: 4, predictor: true }],
    [
      '16-bit pairs, predictor',
      { tile: 128, bands: 2, bits: 16, predictor: true, value: (x, y, band) => (x * 977 + y * 31 + band) % 65536 },
    ],
    ['colour strips of uneven width, predictor', { bands: 3, predictor: true, width: 447, rowsPerStrip: 64 }],
  ] satisfies [string, Partial<TiffRecipe>][])('large deflated blocks: %s', async (name, given) => {
    const recipe = {
      value: wave,
      width: 448,
      height: 390,
      deflate: true,
      ...given,
    };
    const path = await write(`large-${name.replace(/\W+/g, '-')}.tif`, recipe);
    const scene = await openRaster(path, never);
    try {
      const bands = scene.info.bands.map((_, index) => index + 1);
      const windowPx = { x: 0, y: 0, width: recipe.width, height: recipe.height };
      const request = { windowPx, outWidth: recipe.width, outHeight: recipe.height, bands };
      const [first, cached] = [await scene.readWindow(request, never), await scene.readWindow(request, never)];
      for (const window of [first, cached]) {
        window.bands.forEach((samples, band) => {
          const wrong = Array.from(samples, Number).findIndex(
            (value, pixel) => value !== recipe.value(pixel % recipe.width, Math.floor(pixel / recipe.width), band),
          );
          expect(wrong, `band ${band}`).toBe(-1);
        });
      }
    } finally {
      await scene.close();
    }
  });

  // Strips of 4 MiB and more.
  it.each([
    ['one strip, big-endian', { bits: 16, bands: 2, width: 701, height: 1800, bigEndian: true }],
    ['one strip a plane', { bits: 16, bands: 2, width: 1100, height: 2000, planar: true }],
    ['one strip of 12 bits', { bits: 12, bands: 3, width: 701, height: 1500 }],
    ['strips of which no part but one row is even', { bits: 32, width: 1001, height: 1500, rowsPerStrip: 1103 }],
  ] satisfies [string, Partial<TiffRecipe>][])('reads a part of %s', async (name, given) => {
    const recipe = { bands: 1, value: (x: number, y: number, band: number) => (x * 3 + y * 7 + band) % 4000, ...given };
    const path = await write(`part-of-${name.replace(/\W+/g, '-')}.tif`, recipe);
    const bands = Array.from({ length: recipe.bands }, (_, band) => band + 1);
    const rows = async (y: number, height: number): Promise<RasterWindow> =>
      read(path, { x: 5, y, width: 300, height }, bands);
    const expectRows = async (y: number, height: number): Promise<void> => {
      (await rows(y, height)).bands.forEach((samples, band) => {
        const wrong = Array.from(samples, Number).findIndex(
          (value, pixel) => value !== recipe.value(5 + (pixel % 300), y + Math.floor(pixel / 300), band),
        );
        expect(wrong, `band ${band}`).toBe(-1);
      });
    };
    await expectRows(0, 100);
    await expectRows(1050, 300);
    await expectRows(recipe.height - 9, 9);
    const plane = 'planar' in recipe ? (recipe.bands - 1) / recipe.bands : 0;
    const { size } = await stat(path);
    await truncate(path, Math.ceil(size * (plane + (1 - plane) * 0.9)));
    forgetBlocks();
    await expectRows(3, 100);
    await expect(rows(recipe.height - 9, 9)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  it('refuses blocks that are too large to unpack, before it reads one', async () => {
    const path = await write('huge.tif', {
      width: 40_000,
      height: 40_000,
      tile: 40_000,
      deflate: true,
      sparseBlocks: [0],
    });
    await expect(openRaster(path, never)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/tiles of 40000 x 40000 pixels.*gdal_translate -co TILED=YES/u) as string,
    });
  });

  it('keeps 64-bit integers exact', async () => {
    const path = await write('i64.tif', { bits: 64, sampleFormat: 2, value: (x, y) => x * 2 ** 40 - y });
    const window = await read(path);
    expect((window.bands[0] as BigInt64Array)[width + 3]).toBe(3n * 2n ** 40n - 1n);
  });
});

describe('validity', () => {
  it('takes blocks that were never written as nodata', async () => {
    const path = await write('sparse.tif', { tile: 64, sparseBlocks: [1], texts: { 42113: '7' }, value: () => 9 });
    const window = await read(path);
    expect([window.bands[0]?.[0], window.bands[0]?.[64], window.bands[0]?.[128]]).toEqual([9, 7, 9]);
    expect([window.valid[0], window.valid[64], window.valid[128]]).toEqual([1, 0, 1]);
  });

  it.each([false, true])('knows without reading where nothing was written (planar: %s)', async (planar) => {
    const blocks = planar ? [1, 2, 7, 8, 13] : [1, 2];
    const recipe = { tile: 64, bands: 3, planar, sparseBlocks: blocks, value: () => 9 };
    const isEmpty = async (name: string, texts: Record<number, string>, x: number, size: number, bands: number[]) => {
      const scene = await openRaster(await write(`${name}-${planar}.tif`, { ...recipe, texts }), never);
      try {
        const [isKnown] = await scene.knownEmpty([{ x, y: 2, width: size, height: size }], bands);
        return isKnown;
      } finally {
        await scene.close();
      }
    };
    expect(await isEmpty('empty', { 42113: '7' }, 64, 60, [1, 2, 3])).toBe(true);
    expect(await isEmpty('empty', { 42113: '7' }, 63, 60, [1, 2, 3])).toBe(false);
    expect(await isEmpty('empty', { 42113: '7' }, 120, 60, [1])).toBe(true);
    // The third plane was written there.
    expect(await isEmpty('empty', { 42113: '7' }, 120, 60, [1, 3])).toBe(!planar);
    expect(await isEmpty('no-nodata', {}, 64, 60, [1, 2, 3])).toBe(false);
    // Bytes cannot hold it: what was not written reads as another value, which counts.
    expect(await isEmpty('not-a-byte', { 42113: '-9999' }, 64, 60, [1, 2, 3])).toBe(false);
  });

  it.each([false, true])(
    'knows it of many windows at once as reading each of them says (planar: %s)',
    async (planar) => {
      const side = 300;
      const across = Math.ceil(side / 32);
      const bands = [1, 3];
      // Four of five blocks were never written, in the bands of a planar file not the same ones.
      const isWritten = (block: number): boolean => (Math.imul(block + 3, 0x9e3779b1) >>> 16) % 5 === 0;
      const blockCount = across * across * (planar ? 3 : 1);
      const sparseBlocks = Array.from({ length: blockCount }, (_, block) => block).filter((block) => !isWritten(block));
      // A block that was written may hold nodata too: that is only seen by reading it.
      const value = (x: number): number => (x < 150 ? 9 : 7);
      const recipe = {
        width: side,
        height: side,
        tile: 32,
        bands: 3,
        planar,
        sparseBlocks,
        texts: { 42113: '7' },
        value,
      };
      const windowsPx = Array.from({ length: 400 }, (_, index) => ({
        x: (index * 37) % (side - 40),
        y: (index * 91) % (side - 40),
        width: 1 + ((index * 13) % 40),
        height: 1 + ((index * 29) % 40),
      }));
      const scene = await openRaster(await write(`many-${planar}.tif`, recipe), never);
      const known = await scene.knownEmpty(windowsPx, bands);
      const blocksOf = ({ x, y, width, height }: (typeof windowsPx)[number]): number[] => {
        const found = new Set<number>();
        for (let row = y; row < y + height; row++) {
          for (let column = x; column < x + width; column++) {
            found.add(Math.floor(row / 32) * across + Math.floor(column / 32));
          }
        }
        return planar ? bands.flatMap((band) => [...found].map((at) => at + (band - 1) * across * across)) : [...found];
      };
      expect(known).toEqual(windowsPx.map((windowPx) => !blocksOf(windowPx).some(isWritten)));
      expect(new Set(known).size).toBe(2);
      for (const [index, windowPx] of windowsPx.entries()) {
        const { width: outWidth, height: outHeight } = windowPx;
        const { valid } = await scene.readWindow({ windowPx, outWidth, outHeight, bands }, never);
        expect(known[index] === true && valid.includes(1)).toBe(false);
      }
      await scene.close();
    },
  );

  it('calls a pixel valid when any requested band is, and NaN never', async () => {
    const value = (x: number, _y: number, band: number): number =>
      x === 0 ? Number.NaN : x === 1 && band === 0 ? -1 : x;
    const path = await write('nan.tif', { bits: 32, sampleFormat: 3, bands: 2, texts: { 42113: '-1' }, value });
    expect([...(await read(path)).valid.subarray(0, 3)]).toEqual([0, 1, 1]);
    expect([...(await read(path, undefined, [1])).valid.subarray(0, 3)]).toEqual([0, 0, 1]);
  });

  it('misses a pixel in all bands where each holds its value of NODATA_VALUES, whichever are read', async () => {
    const values = [0, 5, 10];
    const value = (x: number, _y: number, band: number): number => (x === 0 || x === band + 1 ? values[band]! : 77);
    const metadata = '<GDALMetadata><Item name="NODATA_VALUES">0 5 10</Item></GDALMetadata>';
    const path = await write('nodata-values.tif', { bands: 3, texts: { 42112: metadata }, value });
    for (const bands of [[1, 2, 3], [1], [3]]) {
      expect([...(await read(path, undefined, bands)).valid.subarray(0, 5)]).toEqual([0, 1, 1, 1, 1]);
    }
    const info = await sceneInfo(path, { stats: true }, never);
    const validCount = (width - 1) * height;
    expect(info.bands.map(({ stats }) => [stats?.validCount, stats?.min])).toEqual(
      values.map((minimum) => [validCount, minimum]),
    );
  });

  it.each(['inf', '-inf'])('takes %s as a nodata value, and as a sample elsewhere, and prints both', async (nodata) => {
    const [declared, other] = nodata === 'inf' ? [Infinity, -Infinity] : [-Infinity, Infinity];
    const value = (x: number): number => (x === 0 ? declared : x === 1 ? other : x);
    const path = await write(`infinite-${nodata}.tif`, { bits: 32, sampleFormat: 3, texts: { 42113: nodata }, value });
    const { bands } = await sceneInfo(path, { stats: true }, never);
    const extreme = nodata === 'inf' ? { min: '-inf', max: 149, mean: '-inf' } : { min: 2, max: 'inf', mean: 'inf' };
    expect(bands[0]?.nodata).toBe(nodata);
    expect(bands[0]?.stats).toEqual({ ...extreme, validCount: (width - 1) * height });
    expect([...(await read(path)).valid.subarray(0, 3)]).toEqual([0, 1, 1]);
    const plain = await write(`infinite-plain.tif`, { bits: 32, sampleFormat: 3, value });
    const info = await sceneInfo(plain, { stats: true }, never);
    expect(info.bands[0]?.stats).toEqual({ min: '-inf', max: 'inf', mean: 'nan', validCount: width * height });
  });

  it('tells alpha from near infrared by the file, not by the count of bands', async () => {
    const value = (_x: number, _y: number, band: number): number => (band === 3 ? 0 : 50);
    const alpha = await write('alpha.tif', { bands: 4, photometric: 2, extraSamples: [2], value });
    const infrared = await write('nir.tif', { bands: 4, photometric: 2, extraSamples: [0], value });
    expect((await read(alpha, undefined, [1, 2, 3])).valid.includes(1)).toBe(false);
    expect((await read(infrared, undefined, [1, 2, 3])).valid.includes(0)).toBe(false);
  });

  it('pads what lies outside the scene', async () => {
    const path = await write('edge.tif', {});
    const window = await read(path, { x: -2, y: -1, width: 5, height: 3 });
    expect([...window.valid]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1]);
    expect(window.bands[0]?.[7]).toBe(wave(0, 0, 0));
  });
});

describe('resampling', () => {
  it('averages when it decimates, weighing parts of pixels', async () => {
    const path = await write('decimate.tif', { value: (x) => x });
    const scene = await openRaster(path, never);
    const windowPx = { x: 0, y: 0, width, height };
    const half = await scene.readWindow({ windowPx, outWidth: 75, outHeight: 35, bands: [1] }, never);
    expect([...half.bands[0]!.subarray(0, 3)]).toEqual([1, 3, 5]);
    const odd = await scene.readWindow({ windowPx, outWidth: 60, outHeight: 28, bands: [1] }, never);
    // Pixels of 2.5 source pixels: (0 + 1 + 2 / 2) / 2.5 = 0.8, (2 / 2 + 3 + 4) / 2.5 = 3.2.
    expect([...odd.bands[0]!.subarray(0, 2)]).toEqual([1, 3]);
    const larger = await scene.readWindow(
      { windowPx: { x: 5, y: 0, width: 2, height: 1 }, outWidth: 4, outHeight: 2, bands: [1] },
      never,
    );
    expect([...larger.bands[0]!]).toEqual([5, 5, 6, 6, 5, 5, 6, 6]);
    await scene.close();
  });
});

describe('georeference', () => {
  it('reads scale and tie point, and shifts pixel-is-point by half a pixel', async () => {
    const area = await sceneInfo(await write('area.tif', { doubles: northUp, shorts: utm33 }), { stats: false }, never);
    expect(area.transform).toEqual([2, 0, 500000, 0, -3, 5400000]);
    expect(area.crs?.epsg).toBe(32633);
    expect(area.warnings).toEqual([]);
    const keys = [...utm33[34735]];
    keys[11] = 2;
    const point = await sceneInfo(
      await write('point.tif', { doubles: northUp, shorts: { 34735: keys } }),
      { stats: false },
      never,
    );
    expect(point.transform).toEqual([2, 0, 499999, 0, -3, 5400001.5]);
  });

  it('reads sheared transforms', async () => {
    const matrix = [1, 0.5, 0, 100, 0.25, -1, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1];
    const path = await write('sheared.tif', { doubles: { 34264: matrix }, shorts: utm33 });
    expect((await sceneInfo(path, { stats: false }, never)).transform).toEqual([1, 0.5, 100, 0.25, -1, 200]);
  });

  it('reads a world file and metadata beside the file', async () => {
    const path = await write('beside.tif', {});
    await writeFile(join(folder, 'beside.tfw'), '2\n0\n0\n-2\n1001\n1999\n');
    await writeFile(
      `${path}.aux.xml`,
      '<PAMDataset><SRS>EPSG:2056</SRS><PAMRasterBand band="1"><NoDataValue>3</NoDataValue></PAMRasterBand></PAMDataset>',
    );
    const info = await sceneInfo(path, { stats: false }, never);
    expect(info.transform).toEqual([2, 0, 1000, 0, -2, 2000]);
    expect(info.crs?.epsg).toBe(2056);
    expect(info.bands[0]?.nodata).toBe(3);
  });

  it.each([
    ['world.tif', 'world.tfw'],
    ['WORLD.TIF', 'WORLD.TFW'],
    ['capital.tif', 'capital.TFW'],
    ['long.tiff', 'long.tfw'],
    ['longer.tiff', 'longer.tiffw'],
    ['geo.geotiff', 'geo.gfw'],
    ['geo-capital.gtiff', 'geo-capital.GFW'],
    ['other.tif', 'other.WLD'],
  ])('reads the place of %s from %s', async (name, world) => {
    const path = await write(name, {});
    await writeFile(join(folder, world), '2\n0\n0\n-3\n500001\n5399998.5\n');
    expect((await sceneInfo(path, { stats: false }, never)).transform).toEqual([2, 0, 500000, 0, -3, 5400000]);
  });

  it('reads the place from a MapInfo table in capitals', async () => {
    const path = await write('table.tif', {});
    const points = [
      [0, 0, 500000, 5400000],
      [100, 0, 500200, 5400000],
      [0, 50, 500000, 5399850],
    ].map(([x, y, east, north], index) => `  (${east},${north}) (${x},${y}) Label "Pt ${index + 1}"`);
    await writeFile(
      join(folder, 'table.TAB'),
      `!table\n!version 300\n!charset WindowsLatin1\n\nDefinition Table\n  File "table.tif"\n  Type "RASTER"\n${points.join(',\n')}\n` +
        '  CoordSys Earth Projection 8, 104, "m", 15, 0, 0.9996, 500000, 0\n  Units "m"\n',
    );
    expect((await sceneInfo(path, { stats: false }, never)).transform).toEqual([2, 0, 500000, 0, -3, 5400000]);
  });

  it('sees what changed beside or in a file since it was last opened', async () => {
    const path = await write('changing.tif', { doubles: northUp, shorts: utm33 });
    expect((await sceneInfo(path, { stats: false }, never)).bands[0]?.nodata).toBeNull();
    const nodata = (value: number): string =>
      `<PAMDataset><PAMRasterBand band="1"><NoDataValue>${value}</NoDataValue></PAMRasterBand></PAMDataset>`;
    for (const value of [3, 4]) {
      await writeFile(`${path}.aux.xml`, nodata(value));
      expect((await sceneInfo(path, { stats: false }, never)).bands[0]?.nodata).toBe(value);
    }
    await rm(`${path}.aux.xml`);
    await write('changing.tif', { doubles: { ...northUp, 33550: [5, 5, 0] }, shorts: utm33 });
    const changed = await sceneInfo(path, { stats: false }, never);
    expect(changed.bands[0]?.nodata).toBeNull();
    expect(changed.transform).toEqual([5, 0, 500000, 0, -5, 5400000]);
  });

  it('says so when there is none', async () => {
    const info = await sceneInfo(await write('bare.tif', {}), { stats: false }, never);
    expect(info.transform).toBeNull();
    expect(info.crs).toBeNull();
    expect(info.warnings.join('; ')).toMatch(/no georeference.*no coordinate reference system/);
  });
});

describe('bad input', () => {
  const open = (path: string): Promise<unknown> => sceneInfo(path, { stats: true }, never);

  it('names what is wrong with the file', async () => {
    await expect(open(join(folder, 'nowhere.tif'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await expect(open(folder)).rejects.toMatchObject({ code: 'INPUT_NOT_READABLE' });
    const text = join(folder, 'text.tif');
    await writeFile(text, 'not a raster at all');
    await expect(open(text)).rejects.toMatchObject({ code: 'INPUT_NOT_RASTER' });
    await writeFile(text, '');
    await expect(open(text)).rejects.toMatchObject({ code: 'INPUT_NOT_RASTER' });
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'refuses a file without permission (skipped for root, whom permissions do not stop)',
    async () => {
      const path = await write('secret.tif', {});
      await chmod(path, 0);
      await expect(open(path)).rejects.toMatchObject({ code: 'INPUT_NOT_READABLE' });
    },
  );

  it('never reads damage as black', async () => {
    const cut = await write('cut.tif', { tile: 64, deflate: true });
    await truncate(cut, 2000);
    await expect(open(cut)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    const bytes = makeTiff({ width, height, bands: 1, tile: 64, deflate: true, value: wave });
    bytes.fill(0x55, bytes.length - 400, bytes.length - 300);
    const damaged = join(folder, 'damaged.tif');
    await writeFile(damaged, bytes);
    await expect(open(damaged)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    const headless = join(folder, 'headless.tif');
    await writeFile(headless, bytes.subarray(0, 40));
    await expect(open(headless)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  it.each([
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0)],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 40)],
    ['something else', () => Buffer.from('not a raster')],
  ])('blames what lies beside a good raster where that is %s', async (name, damaged) => {
    const path = await write(`beside-${name.replace(' ', '-')}.tif`, {});
    const beside = damaged(makeTiff({ width: 75, height: 35, bands: 1, value: wave }));
    await writeFile(`${path}.ovr`, beside);
    const { bands, overviews, warnings } = await sceneInfo(path, { stats: true }, never);
    expect([bands[0]?.stats?.validCount, overviews]).toEqual([width * height, []]);
    expect(warnings.filter((warning) => warning.includes(`${path}.ovr, cannot be read`))).toHaveLength(1);
    await writeFile(`${path}.msk`, beside);
    await expect(open(path)).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
      message: expect.stringContaining(`the mask beside it, ${path}.msk, cannot be read; delete it`) as string,
    });
  });

  it('names compressions and samples it has no reader for', async () => {
    const bytes = makeTiff({ width, height, bands: 1, value: wave });
    const at = bytes.indexOf(Buffer.from([0x03, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00]));
    bytes.writeUInt16LE(50999, at + 8);
    const path = join(folder, 'codec.tif');
    await writeFile(path, bytes);
    await expect(open(path)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
  });

  it('refuses JPEG of five bands before it reads a pixel', async () => {
    const bytes = makeTiff({ width, height, bands: 5, extraSamples: [0, 0, 0, 0], value: wave });
    const at = bytes.indexOf(Buffer.from([0x03, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00]));
    bytes.writeUInt16LE(7, at + 8);
    const path = join(folder, 'five-bands.tif');
    await writeFile(path, bytes);
    await expect(openRaster(path, never)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/JPEG blocks of 5 bands.*COMPRESS=DEFLATE/u) as string,
    });
  });

  it('checks window and bands', async () => {
    const path = await write('plain.tif', {});
    await expect(read(path, { x: 0, y: 0, width: 0, height: 4 })).rejects.toMatchObject({ code: 'WINDOW_EMPTY' });
    await expect(read(path, { x: 150, y: 0, width: 5, height: 4 })).rejects.toMatchObject({ code: 'WINDOW_OUTSIDE' });
    await expect(read(path, undefined, [2])).rejects.toMatchObject({ code: 'BAND_UNKNOWN' });
  });

  it('stops on request', async () => {
    const path = await write('stop.tif', {});
    await expect(openRaster(path, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('colours', () => {
  it('leaves three 8-bit bands as they are and blackens what is invalid', async () => {
    const path = await write('rgb.tif', {
      bands: 3,
      photometric: 2,
      texts: { 42113: '0' },
      value: (x, _y, b) => (x === 0 ? 0 : 10 + b),
    });
    const { bands } = await sceneInfo(path, { stats: false }, never);
    expect(chooseRgbBands({ bands })).toEqual([1, 2, 3]);
    const window = await read(path);
    const image = applyStretch(window, computeStretch(window, { bands }, [1, 2, 3]));
    expect([...image.data.subarray(0, 6)]).toEqual([0, 0, 0, 10, 11, 12]);
  });

  it('stretches other types between the 2nd and the 98th percentile, without NaN', async () => {
    const value = (x: number, y: number): number => (x === 0 ? Number.NaN : x + y * width);
    const path = await write('dem.tif', { bits: 32, sampleFormat: 3, value });
    const { bands } = await sceneInfo(path, { stats: false }, never);
    expect(chooseRgbBands({ bands })).toEqual([1, 1, 1]);
    const window = await read(path, undefined, [1, 1, 1]);
    const stretch = computeStretch(window, { bands }, [1, 1, 1]);
    const image = applyStretch(window, stretch);
    expect(stretch).toMatchObject({ kind: 'linear' });
    expect([...image.data.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(image.data[image.data.length - 1]).toBe(255);
    const middle = image.data[((height / 2) * width + 75) * 3] ?? 0;
    expect(Math.abs(middle - 128)).toBeLessThan(4);
  });

  it('reads inks as the colours that they print', async () => {
    const inks = [100, 50, 0, 40];
    const path = await write('cmyk.tif', { bands: 4, photometric: 5, value: (_x, _y, band) => inks[band]! });
    const { bands, reader } = await sceneInfo(path, { stats: false }, never);
    expect(reader.name).toBe('gdal');
    const window = await read(path, undefined, chooseRgbBands({ bands }));
    const image = applyStretch(window, computeStretch(window, { bands }, [1, 2, 3]));
    const [cyan, magenta, yellow, black] = inks.map((ink) => 255 - ink);
    const printed = [cyan!, magenta!, yellow!].map((light) => Math.floor((light * black!) / 255));
    expect([...image.data.subarray(0, 3)]).toEqual(printed);
  });

  it('expands palettes', async () => {
    const map = Array.from({ length: 768 }, (_, index) => (index % 256) * 257);
    map[5] = 255 * 257;
    const path = await write('palette.tif', { photometric: 3, shorts: { 320: map }, value: () => 5 });
    const { bands } = await sceneInfo(path, { stats: false }, never);
    const window = await read(path, undefined, chooseRgbBands({ bands }));
    const image = applyStretch(window, computeStretch(window, { bands }, [1, 1, 1]));
    expect([...image.data.subarray(0, 3)]).toEqual([255, 5, 5]);
  });
});
