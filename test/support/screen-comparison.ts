/** Compares the map on a page with rasterio's own drawing of the raster that was opened last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Geotransform } from '../../src-main/contract/geo.ts';
import { sceneDisplay } from '../../src-main/core/raster/scene-display.ts';
import { mapDrawn } from './map-screen.ts';
import { PythonProcess } from './python.ts';

/** A scene that was opened fills the map but for this margin. */
const paddingPx = 24;
/** Mean of the three colours of the bare map in the light theme. */
const groundGrey = (0xdf + 0xe3 + 0xe8) / 3;

interface Difference {
  /** Of the screen from rasterio's drawing, in pixels of the screen. */
  readonly dx: number;
  readonly dy: number;
  readonly correlation: number;
  /** Share of the pixels outside of the raster that show something. */
  readonly drawnOutside: number;
  /** Share of the pixels inside that show the bare map. */
  readonly groundInside: number;
}

export class ScreenComparison {
  readonly folder = mkdtempSync(join(tmpdir(), 'think2seg-screen-'));
  readonly #oracle = new PythonProcess(resolve(import.meta.dirname, 'screen_oracle.py'));

  close(): void {
    this.#oracle.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Writes the RGB raster `source` with another transform. @returns its path */
  async placed(source: string, name: string, transform: Geotransform): Promise<string> {
    const path = join(this.folder, `${name}.tif`);
    await this.#oracle.ask({ op: 'place', source, path, transform });
    return path;
  }

  /** Waits until the whole picture is there. */
  async expectInPlace(page: Page, path: string): Promise<void> {
    const map = page.getByRole('application');
    await mapDrawn(page);
    const screenshot = join(this.folder, 'map.png');
    const { width, height } = (await map.boundingBox())!;
    // The scale and other things on the map are not part of the comparison.
    await page.evaluate(`document.querySelector('[data-testid="map-furniture"]').style.visibility = 'hidden'`);
    await map.screenshot({ path: screenshot });
    const { bounds } = (await this.#oracle.ask({ op: 'bounds', path })) as { bounds: [number, number, number, number] };
    const [minX, minY, maxX, maxY] = bounds;
    const { percentiles, rgbBands } = await sceneDisplay(path, join(this.folder, 'cache'), {
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    const reply = await this.#oracle.ask({
      op: 'compare',
      path,
      screenshot,
      centre: [(minX + maxX) / 2, (minY + maxY) / 2],
      resolution: Math.max((maxX - minX) / (width - 2 * paddingPx), (maxY - minY) / (height - 2 * paddingPx)),
      stretch: rgbBands.map((band) => percentiles[band - 1]),
      ground: groundGrey,
    });
    const difference = reply as unknown as Difference;
    expect(difference.correlation).toBeGreaterThan(0.97);
    expect(Math.abs(difference.dx)).toBeLessThan(0.5);
    expect(Math.abs(difference.dy)).toBeLessThan(0.5);
    expect(difference.drawnOutside).toBe(0);
    expect(difference.groundInside).toBeLessThan(0.01);
  }
}
