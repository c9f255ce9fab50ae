/** Whether rasters lie on the screen where rasterio says: whole scenes, compared with rasterio's own drawing of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sceneDisplay } from '../../src-main/core/raster/scene-display.ts';
import { browserMissing, openBrowserWindow } from '../support/browser-window.ts';
import { PythonProcess, pythonMissing } from '../support/python.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';

const missing = browserMissing ?? pythonMissing(['numpy', 'rasterio']) ?? sharedDataMissing;
const zurich = 'data/labelled_trees_mask_zurich/1091-322_big.tif';
const paddingPx = 24;

interface Comparison {
  dx: number;
  dy: number;
  correlation: number;
  drawnOutside: number;
  groundInside: number;
}

describe.skipIf(missing !== null)(`a raster on the screen ${missing ?? ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'think2seg-placement-'));
  let oracle: PythonProcess;

  beforeAll(() => {
    oracle = new PythonProcess(resolve(import.meta.dirname, '../support/screen_oracle.py'));
  });
  afterAll(() => {
    oracle.close();
    rmSync(folder, { recursive: true });
  });

  async function compare(path: string, bounds: readonly number[]): Promise<Comparison> {
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = bounds;
    const screenshot = join(folder, 'map.png');
    const { page, problems, close } = await openBrowserWindow({ openPaths: [path] });
    try {
      const map = page.getByRole('application');
      await map.and(page.locator('[aria-busy="false"]')).waitFor();
      const { width, height } = (await map.boundingBox())!;
      await map.screenshot({ path: screenshot });
      expect(problems).toEqual([]);
      const { percentiles, rgbBands } = await sceneDisplay(path, join(folder, 'cache'), {
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      return (await oracle.ask({
        op: 'compare',
        path,
        screenshot,
        // A scene that was opened fills the map but for its margin.
        centre: [(minX + maxX) / 2, (minY + maxY) / 2],
        resolution: Math.max((maxX - minX) / (width - 2 * paddingPx), (maxY - minY) / (height - 2 * paddingPx)),
        stretch: rgbBands.map((band) => percentiles[band - 1]),
        ground: (0xdf + 0xe3 + 0xe8) / 3,
      })) as unknown as Comparison;
    } finally {
      await close();
    }
  }

  function expectInPlace({ dx, dy, correlation, drawnOutside, groundInside }: Comparison): void {
    expect(correlation).toBeGreaterThan(0.97);
    expect(Math.abs(dx)).toBeLessThan(0.5);
    expect(Math.abs(dy)).toBeLessThan(0.5);
    expect(drawnOutside).toBe(0);
    expect(groundInside).toBeLessThan(0.01);
  }

  it.each([
    ['a 16-bit Landsat band with overviews', 'data/formats_rio_tiler/cog.tif'],
    ['an aerial picture in EPSG:2056', zurich],
    ['a scene with nodata around it', 'data/formats_rasterio_cc0/RGB.byte.tif'],
    ['a scene of floats in degrees, big-endian', 'data/aerial_satellite/cog.tif'],
  ])('%s lies where rasterio puts it', async (_, file) => {
    const path = sharedPath(file);
    const { bounds } = (await oracle.ask({ op: 'bounds', path })) as { bounds: number[] };
    expectInPlace(await compare(path, bounds));
  });

  it.each([
    ['turned', [0.43, 0.25, 2679062.5, 0.25, -0.43, 1248000]],
    ['turned, sheared and of oblong pixels', [0.5, 0.3, 2679062.5, -0.2, -0.9, 1248000]],
    ['upside down', [0.5, 0, 2679062.5, 0, 0.5, 1247700]],
  ])('a raster that is %s lies where rasterio puts it', async (name, transform) => {
    const path = join(folder, `${name.split(' ')[0] ?? ''}.tif`);
    const request = { op: 'place', source: sharedPath(zurich), path, transform };
    const { bounds } = (await oracle.ask(request)) as { bounds: number[] };
    expectInPlace(await compare(path, bounds));
  });
});
