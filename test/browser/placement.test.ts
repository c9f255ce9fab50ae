/** Whether rasters lie on the screen where rasterio says: whole scenes, compared with rasterio's own drawing of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, openBrowserWindow } from '../support/browser-window.ts';
import { pythonMissing } from '../support/python.ts';
import { ScreenComparison } from '../support/screen-comparison.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';
import { turnedTransforms } from '../support/turned-transforms.ts';

const missing = browserMissing ?? pythonMissing(['numpy', 'rasterio']) ?? sharedDataMissing;
const zurich = 'data/labelled_trees_mask_zurich/1091-322_big.tif';

describe.skipIf(missing !== null)(`a raster on the screen ${missing ?? ''}`, () => {
  let comparison: ScreenComparison;

  beforeAll(() => {
    comparison = new ScreenComparison();
  });
  afterAll(() => comparison.close());

  async function expectInPlace(path: string): Promise<void> {
    const { page, problems, close } = await openBrowserWindow({ openPaths: [path] });
    try {
      await comparison.expectInPlace(page, path);
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  }

  it.each([
    ['a 16-bit Landsat band with overviews', 'data/formats_rio_tiler/cog.tif'],
    ['an aerial picture in EPSG:2056', zurich],
    ['a scene with nodata around it', 'data/formats_rasterio_cc0/RGB.byte.tif'],
    ['a scene of floats in degrees, big-endian', 'data/aerial_satellite/cog.tif'],
  ])('%s lies where rasterio puts it', async (_, file) => {
    await expectInPlace(sharedPath(file));
  });

  it.each(turnedTransforms)('a raster that is %s lies where rasterio puts it', async (name, transform) => {
    await expectInPlace(await comparison.placed(sharedPath(zurich), name, transform));
  });
});
