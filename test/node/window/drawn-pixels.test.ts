/** The window draws the pixels that the models see, and no others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFile } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import { sceneDisplay } from '../../../src-main/core/raster/scene-display.ts';
import { bandsToRead, colourTile } from '../../../src-renderer/raster/colour-tile.ts';
import { RasterFile } from '../../../src-renderer/raster/raster-file.ts';
import { lookOf } from '../../../src-renderer/scenes/look-of.ts';
import { rasterLayerOf } from '../../../src-renderer/scenes/raster-layer-of.ts';
import { makeTiff, type TiffRecipe } from '../../support/make-tiff.ts';

const signal = new AbortController().signal;
const [width, height] = [8, 3];
const place = { 33550: [1, 1, 0], 33922: [0, 0, 0, 500, 700, 0] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-drawn-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

type Recipe = Pick<TiffRecipe, 'bands' | 'value'> & Partial<TiffRecipe>;

/** Of each pixel: whether the window draws it, and whether the models see it. */
async function drawnAndSeen(
  name: string,
  recipe: Recipe,
): Promise<{ drawn: boolean[]; seen: boolean[]; path: string; drawnPath: string }> {
  // prettier-ignore
  const path = join(folder, name);
  await writeFile(path, makeTiff({ width, height, doubles: place, ...recipe }));
  const display = await sceneDisplay(path, join(folder, 'cache'), { signal, onProgress: () => undefined });
  const look = lookOf(rasterLayerOf(path, display, 'raster'), display);
  const tiff = await fromFile(display.file.path);
  const file = await RasterFile.open(tiff);
  const rgba = colourTile(await file.readTile({ level: 0, column: 0, row: 0 }, bandsToRead(look)), look);
  await tiff.close();
  const scene = await openScene(path, signal);
  const { valid } = await scene.readWindow(
    { windowPx: { x: 0, y: 0, width, height }, outWidth: width, outHeight: height, bands: [...display.rgbBands] },
    signal,
  );
  await scene.close();
  const pixels = Array.from({ length: width * height }, (_, index) => index);
  const opacityAt = (index: number): number =>
    rgba[((Math.floor(index / width) + 1) * (width + 2) + (index % width) + 1) * 4 + 3]!;
  return {
    path,
    drawnPath: display.file.path,
    drawn: pixels.map((index) => opacityAt(index) > 0),
    seen: pixels.map((index) => valid[index] === 1),
  };
}

const nodataValues = { 42112: '<GDALMetadata><Item name="NODATA_VALUES">0 5 10</Item></GDALMetadata>' };
const missing = [0, 5, 10];

const recipes: readonly (readonly [string, Recipe])[] = [
  [
    'NODATA_VALUES, all of which a pixel must have to be missing',
    {
      bands: 3,
      photometric: 2,
      texts: nodataValues,
      value: (x, _y, band) => (x === 0 || x === band + 1 ? missing[band]! : 77),
    },
  ],
  [
    'NODATA_VALUES before the nodata value of the bands',
    {
      bands: 3,
      photometric: 2,
      texts: { ...nodataValues, 42113: '77' },
      value: (x, _y, band) => (x === 0 ? missing[band]! : 77),
    },
  ],
  [
    'NODATA_VALUES in a band that is not shown',
    {
      bands: 4,
      photometric: 1,
      texts: { 42112: nodataValues[42112].replace('10', '10 9') },
      value: (x, y, band) => (x === 0 && (band < 3 || y === 0) ? [...missing, 9][band]! : 77),
    },
  ],
  [
    'NODATA_VALUES in a file that is drawn from a copy',
    {
      bands: 3,
      photometric: 2,
      bigEndian: true,
      texts: nodataValues,
      value: (x, _y, band) => (x === 0 || x === band + 1 ? missing[band]! : 77),
    },
  ],
  [
    'a nodata value before an alpha band',
    {
      bands: 4,
      photometric: 2,
      extraSamples: [2],
      texts: { 42113: '0' },
      value: (x, _y, band) => (x === 0 ? 0 : band === 3 ? (x === 1 ? 0 : 255) : 50),
    },
  ],
  [
    'an alpha band',
    { bands: 4, photometric: 2, extraSamples: [2], value: (x, _y, band) => (band === 3 && x < 2 ? 0 : 50) },
  ],
];

describe('what the window draws is what the models see', () => {
  it.each(recipes)('with %s', async (name, recipe) => {
    const { drawn, seen, path, drawnPath } = await drawnAndSeen(`${name}.tif`, recipe);
    expect(drawn).toEqual(seen);
    expect([true, false].every((either) => seen.includes(either))).toBe(true);
    expect(drawnPath === path).toBe(recipe.bigEndian !== true);
  });

  it('at every level of a line of pixels, each under its own mask', async () => {
    const path = join(folder, 'line.tif');
    const length = 2000;
    const value = (_x: number, y: number, band: number): number => (y < length / 2 ? missing[band]! : 77);
    await writeFile(
      path,
      makeTiff({ width: 1, height: length, bands: 3, bigEndian: true, texts: nodataValues, value }),
    );
    const display = await sceneDisplay(path, join(folder, 'cache'), { signal, onProgress: () => undefined });
    const tiff = await fromFile(display.file.path);
    const file = await RasterFile.open(tiff);
    const heights = file.levels.map((level) => level.height);
    expect(heights.slice(0, 3)).toEqual([2000, 1000, 500]);
    const { mask } = await file.readTile({ level: 2, column: 0, row: 1 }, [0]);
    await tiff.close();
    expect(Array.from(mask!)).toEqual(Array.from({ length: heights[2]! - 256 }, () => mask![0]));
    expect(mask![0]).toBeGreaterThan(0);
  });

  it('with a mask, which a nodata value does not take from', async () => {
    const path = join(folder, 'nodata.tif');
    await writeFile(
      path,
      makeTiff({ width, height, bands: 1, doubles: place, texts: { 42113: '0' }, value: (x) => x }),
    );
    const display = await sceneDisplay(path, join(folder, 'cache'), { signal, onProgress: () => undefined });
    const layer = rasterLayerOf(path, display, 'raster');
    expect(lookOf(layer, display).nodata).toEqual([0]);
    expect(lookOf(layer, { ...display, validity: { kind: 'mask' } }).nodata).toEqual([]);
  });
});
