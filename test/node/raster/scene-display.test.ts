import { copyFile, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fromFile } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SceneDisplay } from '../../../src-main/contract/scene-display.ts';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import { Scene } from '../../../src-main/core/raster/scene.ts';
import { sceneDisplay } from '../../../src-main/core/raster/scene-display.ts';
import { makeTiff } from '../../support/make-tiff.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

const root = resolve(import.meta.dirname, '../../..');
const sample = join(root, 'resources/sample/harbour.tif');
const missing = pythonMissing(['rasterio']);
const signal = new AbortController().signal;

let folder: string;
let cache: string;
let oracle: PythonProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-display-'));
  cache = join(folder, 'cache');
  oracle = new PythonProcess('test/support/display_oracle.py');
});

afterAll(async () => {
  oracle.close();
  await rm(folder, { recursive: true, force: true });
});

const display = (path: string, options: Partial<Parameters<typeof sceneDisplay>[2]> = {}): Promise<SceneDisplay> =>
  sceneDisplay(path, cache, { signal, onProgress: () => undefined, ...options });

/** Scenes that geotiff.js reads right, and those of which it must get a copy; `sameAs` says in what the copy may differ. */
const drawnThemselves = [
  'derived_codecs_cc0/u8_none_strip.tif',
  'derived_codecs_cc0/u8_none_planar.tif',
  'derived_codecs_cc0/u8_lzw_pred2_tiled32.tif',
  'derived_codecs_cc0/u8_packbits.tif',
  'derived_codecs_cc0/u8_deflate_tiled64_planar.tif',
  'derived_codecs_cc0/u16_deflate_bigtiff_tiled.tif',
  'derived_codecs_cc0/i16_deflate.tif',
  'derived_codecs_cc0/f32_deflate_pred3.tif',
  'formats_rasterio_cc0/RGB.byte.tif',
  'formats_rasterio_cc0/rotated.tif',
  'formats_rio_tiler/cog_rgb_mask.tif',
  'drone/dummy_fotomap_small.tif',
];
const copied: [path: string, reason: RegExp, dtype?: string][] = [
  ['derived_codecs_cc0/u8_lzma.tif', /LZMA/],
  ['derived_codecs_cc0/u8_webp_lossless.tif', /WEBP/],
  ['derived_codecs_cc0/u8_zstd.tif', /ZSTD/],
  ['derived_codecs_cc0/f32_lerc.tif', /LERC/],
  ['derived_codecs_cc0/u16_bigendian_lzw_pred2.tif', /big-endian/],
  ['aerial_satellite/cog.tif', /big-endian/, 'float32'],
  ['formats_misc/geomatrix.tif', /middle of pixels/],
  ['formats_rio_tiler/cog.tif', /middle of pixels/],
  ['formats_rasterio_cc0/RGB.byte.gcp.vrt', /not a TIFF/],
];

describe.skipIf(sharedDataMissing !== null)(`sceneDisplay on real files (${sharedDataMissing ?? 'here'})`, () => {
  it.each(drawnThemselves)('lets the map draw %s itself, which geotiff.js reads as we do', async (name) => {
    const path = sharedPath(`data/${name}`);
    const { file, info, transform } = await display(path);
    expect(file).toEqual({ path });
    const tiff = await fromFile(path);
    const image = await tiff.getImage();
    const [width, height] = [Math.min(info.width, 64), Math.min(info.height, 64)];
    const theirs = (await image.readRasters({ window: [0, 0, width, height] })) as unknown as ArrayLike<number>[];
    const scene = await openScene(path, signal);
    const bands = info.bands.map((_, index) => index + 1);
    const ours = await scene.readWindow(
      { windowPx: { x: 0, y: 0, width, height }, outWidth: width, outHeight: height, bands },
      signal,
    );
    await scene.close();
    expect(bands.map((_, band) => Array.from(theirs[band]!))).toEqual(
      ours.bands.map((band) => Array.from(band, Number)),
    );
    if (transform[1] === 0) {
      expect(image.getOrigin().slice(0, 2)).toEqual([transform[2], transform[5]]);
    }
    await tiff.close();
  });

  it.skipIf(missing !== null).each(copied)(
    'copies %s (%s) sample for sample, says rasterio',
    async (name, reason, dtype) => {
      const path = sharedPath(`data/${name}`);
      const { file, transform, percentiles, info } = await display(path);
      expect(file.copyReason).toMatch(reason);
      const nodata = info.bands[0]?.nodata;
      const made = await oracle.ask({ op: 'copy', path: file.path, ...(typeof nodata === 'number' ? { nodata } : {}) });
      expect(made['transform']).toEqual(transform.map((value) => expect.closeTo(value, 9) as number));
      expect(made['tile']).toEqual([256, 256]);
      const isDecodable = !/LZMA|WEBP|LERC|ZSTD/.test(name.toUpperCase());
      const scene = await oracle
        .ask({ op: 'original', path, ...(dtype === undefined ? {} : { dtype }) })
        .catch((error: unknown) => {
          if (isDecodable) {
            throw error;
          }
          return null;
        });
      if (scene !== null) {
        expect(made).toMatchObject({ sha256: scene['sha256'], maskSha256: scene['maskSha256'] });
        if (info.width * info.height < 1_000_000 && !new Set(info.bands.map(({ type }) => type)).has('uint8')) {
          const expected = scene['percentiles'] as number[][];
          percentiles.forEach(({ low, high }, band) => {
            expect(low).toBeCloseTo(expected[band]![0]!, 3);
            expect(high).toBeCloseTo(expected[band]![1]!, 3);
          });
        }
      }
      if (made['halfDifference'] !== undefined) {
        // Whole numbers are rounded.
        expect(made['halfDifference']).toBeLessThanOrEqual(0.5);
      }
    },
  );

  it('draws a palette with its colours', async () => {
    const scene = await display(sharedPath('data/formats_misc/lc.tif'));
    expect(scene).toMatchObject({ isPalette: true, rgbBands: [1, 2, 3] });
    expect(scene.percentiles).toHaveLength(3);
    const drawn = await openScene(scene.file.path, signal);
    expect(drawn.info.bands).toHaveLength(3);
    await drawn.close();
  });
});

describe.skipIf(sharedDataMissing !== null)(
  `a scene without a pixel that counts (${sharedDataMissing ?? 'here'})`,
  () => {
    it.each([
      ['formats_rasterio_cc0/all-nodata.tif', true],
      ['derived_codecs_cc0/u8_sparse_nodata.tif', false],
      ['formats_rio_tiler/cog_rgb_mask.tif', false],
      ['formats_misc/lc.tif', false],
    ])('is told from others: %s', async (name, isEmpty) => {
      expect((await display(sharedPath(`data/${name}`))).isEmpty).toBe(isEmpty);
    });

    it('is told without reading a band twice', async () => {
      const reads = vi.spyOn(Scene.prototype, 'readWindow');
      await display(sharedPath('data/formats_rasterio_cc0/all-nodata.tif'));
      expect(reads.mock.calls.map(([{ bands }]) => bands)).toEqual([[1], [2], [3], [4]]);
      reads.mockRestore();
    });
  },
);

describe('sceneDisplay', () => {
  it('describes the sample scene without touching it', async () => {
    const { file, proj4, metresPerUnit, percentiles, rgbBands, boundsMap, info } = await display(sample);
    expect(file).toEqual({ path: sample });
    expect(proj4).toMatch(/^\+proj=utm /);
    expect(metresPerUnit).toBeCloseTo(1, 2);
    expect(rgbBands).toEqual([1, 2, 3]);
    expect(percentiles).toEqual([0, 1, 2, 3].map(() => ({ low: 0, high: 255 })));
    expect(boundsMap).toEqual(info.bounds);
  });

  it.skipIf(missing !== null)(
    'copies a large scene without overviews once, with progress, and finds the copy again',
    async () => {
      const path = join(folder, 'large.tif');
      const value = (x: number, y: number, band: number) => (x * 3 + y * 5 + band * 1000) % 60_000;
      await writeFile(
        path,
        makeTiff({ width: 2500, height: 1801, bands: 2, bits: 16, rowsPerStrip: 100, deflate: true, value, doubles: { 33550: [2, 2, 0], 33922: [0, 0, 0, 1000, 2000, 0] } }), // prettier-ignore
      );
      const done: number[] = [];
      const { file, percentiles } = await display(path, {
        onProgress: (event) => done.push((event.done ?? 0) / (event.total ?? 1)),
      });
      expect(file.copyReason).toBe('2500 x 1801 pixels without overviews');
      expect(done.at(-1)).toBe(1);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      const made = await oracle.ask({ op: 'copy', path: file.path });
      const scene = await oracle.ask({ op: 'original', path });
      expect(made).toMatchObject({
        size: [2500, 1801, 2],
        dtype: 'uint16',
        sha256: scene['sha256'],
        overviews: [2, 4, 8, 16],
      });
      expect(made['halfDifference']).toBeLessThanOrEqual(0.5);
      // From an overview: a few of its grey values off.
      const expected = (scene['percentiles'] as number[][])[0]!;
      expect(Math.abs(percentiles[0]!.low - expected[0]!)).toBeLessThan(300);
      expect(Math.abs(percentiles[0]!.high - expected[1]!)).toBeLessThan(300);
      const { ino } = await stat(file.path);
      expect((await display(path)).file.path).toBe(file.path);
      expect((await stat(file.path)).ino).toBe(ino);
      await writeFile(path, makeTiff({ width: 2100, height: 2100, bands: 1, rowsPerStrip: 64, value: (x) => x & 255 }));
      expect((await display(path)).file.path).not.toBe(file.path);
    },
  );

  it('copies a mosaic anew when one of its files has changed', async () => {
    const part = join(folder, 'part.tif');
    const mosaic = join(folder, 'mosaic.vrt');
    const writePart = (grey: number): Promise<void> =>
      writeFile(part, makeTiff({ width: 40, height: 30, bands: 1, value: () => grey }));
    await writeFile(
      mosaic,
      `<VRTDataset rasterXSize="40" rasterYSize="30"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
        <SourceFilename relativeToVRT="1">part.tif</SourceFilename><SourceBand>1</SourceBand>
      </SimpleSource></VRTRasterBand></VRTDataset>`,
    );
    const drawnGrey = async (): Promise<number> => {
      const tiff = await fromFile((await display(mosaic)).file.path);
      const [band] = (await (await tiff.getImage()).readRasters()) as unknown as Uint8Array[];
      await tiff.close();
      return band![0]!;
    };
    await writePart(50);
    expect(await drawnGrey()).toBe(50);
    await writePart(70);
    expect(await drawnGrey()).toBe(70);
    const { file } = await display(mosaic);
    expect((await display(mosaic)).file.path).toBe(file.path);
  });

  it('leaves nothing in the cache when it is cancelled', async () => {
    const own = join(folder, 'cancelled');
    const path = join(folder, 'plain.tif');
    await writeFile(path, makeTiff({ width: 300, height: 900, bands: 1, value: (x, y) => (x ^ y) & 255 }));
    const controller = new AbortController();
    const running = sceneDisplay(path, own, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(own)).toEqual([]);
  });

  it('clears what a killed process left in the cache long ago, and nothing else', async () => {
    const own = join(folder, 'abandoned');
    for (const name of ['.think2seg-old', '.think2seg-running']) {
      await mkdir(join(own, name), { recursive: true });
      await writeFile(join(own, name, 'half.tif'), 'half');
    }
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
    await utimes(join(own, '.think2seg-old'), twoDaysAgo, twoDaysAgo);
    const path = join(folder, 'plain.tif');
    const { file } = await sceneDisplay(path, own, { signal, onProgress: () => undefined });
    expect((await readdir(own)).sort()).toEqual(['.think2seg-running', file.path.slice(own.length + 1)]);
  });

  it('places a scene without georeference at its pixels, y pointing down', async () => {
    const path = join(folder, 'pixels.tif');
    await copyFile(join(folder, 'plain.tif'), path);
    const { file, transform, boundsMap, metresPerUnit, proj4 } = await display(path);
    expect({ transform, boundsMap, metresPerUnit, proj4 }).toEqual({
      transform: [1, 0, 0, 0, -1, 0],
      boundsMap: [0, -900, 300, 0],
      metresPerUnit: null,
      proj4: null,
    });
    const tiff = await fromFile(file.path);
    expect((await tiff.getImage()).getBoundingBox()).toEqual(boundsMap);
    await tiff.close();
  });
});
