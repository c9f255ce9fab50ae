/** Rasters in the real program: opened by argument and by drop, drawn where rasterio says, refused with a reason. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { dropFiles } from '../support/drop-files.ts';
import { makeTiff } from '../support/make-tiff.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { pythonMissing } from '../support/python.ts';
import { ScreenComparison } from '../support/screen-comparison.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';
import { turnedTransforms } from '../support/turned-transforms.ts';

const missing = electronMissing ?? pythonMissing(['numpy', 'rasterio']) ?? sharedDataMissing;
const zurich = 'data/labelled_trees_mask_zurich/1091-322_big.tif';
const landsat = 'data/formats_rio_tiler/cog.tif';

describe.skipIf(missing !== null)(`the map ${missing ?? ''}`, () => {
  let desktop: DesktopApp;
  let comparison: ScreenComparison;
  let folder: string;

  beforeAll(async () => {
    comparison = new ScreenComparison();
    folder = mkdtempSync(join(tmpdir(), 'think2seg-map-'));
    desktop = await launchDesktop({ args: [sharedPath(zurich)] });
    await desktop.window.emulateMedia({ colorScheme: 'light' });
    await desktop.window.getByRole('application').waitFor();
  });
  afterAll(async () => {
    await desktop.close();
    comparison.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  it('draws a raster in EPSG:2056 that was named on the command line where rasterio puts it', async () => {
    await comparison.expectInPlace(desktop.window, sharedPath(zurich));
  });

  it('draws a 16-bit Landsat band that was dropped on it where rasterio puts it', async () => {
    await dropFiles(desktop.window, [sharedPath(landsat)]);
    await desktop.window.getByRole('button', { name: 'Zoom to cog.tif' }).waitFor();
    await comparison.expectInPlace(desktop.window, sharedPath(landsat));
  });

  it('draws a turned raster where rasterio puts it', async () => {
    const [name, transform] = turnedTransforms[0]!;
    const path = await comparison.placed(sharedPath(zurich), name, transform);
    await dropFiles(desktop.window, [path]);
    // It lies on the first raster.
    await desktop.window.getByRole('button', { name: 'Show 1091-322_big.tif' }).click();
    await desktop.window.getByRole('button', { name: `Zoom to ${name}.tif` }).waitFor();
    await comparison.expectInPlace(desktop.window, path);
  });

  it('says why a file that is no raster is not opened, and keeps what is open', async () => {
    const before = await desktop.window.getByRole('button', { name: /^Show / }).count();
    await dropFiles(desktop.window, [sharedPath('data/INVENTORY.tsv')]);
    const message = desktop.window.getByRole('log').getByText('INPUT_NOT_RASTER');
    await message.waitFor();
    expect(await message.textContent()).toContain('INVENTORY.tsv');
    expect(await desktop.window.getByRole('button', { name: /^Show / }).count()).toBe(before);
    await dropFiles(desktop.window, ['data/INVENTORY.tsv', 'data/formats_rasterio_cc0/README.rst'].map(sharedPath));
    await desktop.window.getByRole('log').getByText('README.rst').waitFor();
    expect(await desktop.window.getByRole('log').getByText('INVENTORY.tsv').count()).toBe(1);
  });

  it('says which file is corrupt', async () => {
    await dropFiles(desktop.window, [sharedPath('data/formats_rasterio_cc0/corrupt.tif')]);
    const message = desktop.window.getByRole('log').getByText('corrupt.tif');
    await message.waitFor();
    expect(await message.textContent()).toMatch(/^INPUT_CORRUPT: .* the rest is shown/);
  });

  it('says that a raster of nothing but nodata has nothing to draw, and keeps still about others', async () => {
    const { window } = desktop;
    const note = window.getByText('Nothing to draw: all of its pixels are nodata.');
    expect(await note.count()).toBe(0);
    await dropFiles(window, [sharedPath('data/formats_rasterio_cc0/all-nodata.tif')]);
    await window.getByRole('button', { name: 'Zoom to all-nodata.tif' }).waitFor();
    await window.getByRole('status').and(note).waitFor();
    await window.getByRole('listitem').filter({ hasText: 'all-nodata.tif' }).and(window.locator('li:has(p)')).waitFor();
    await window.getByRole('button', { name: 'Remove all-nodata.tif' }).click();
    await note.first().waitFor({ state: 'detached' });
  });

  it('reads a raster anew that undo brings back', async () => {
    const { window } = desktop;
    await window.getByRole('toolbar').getByRole('button', { name: 'Undo' }).click();
    await window.getByRole('button', { name: 'all-nodata.tif', exact: true }).click();
    await window.getByRole('status').getByText('Nothing to draw').waitFor();
    await window.getByRole('button', { name: 'Remove all-nodata.tif' }).click();
    await window.getByRole('button', { name: 'Remove all-nodata.tif' }).waitFor({ state: 'detached' });
  });

  it('reads a raster anew that another program has written, and stays where it is', async () => {
    const { window } = desktop;
    const analyst = new Analyst(desktop);
    const path = join(folder, 'written.tif');
    const place = { 33550: [1, 1, 0], 33922: [0, 0, 0, 500, 700, 0] };
    const write = (left: number, width: number): void =>
      writeFileSync(
        path,
        makeTiff({ width, height: 200, bands: 3, photometric: 2, doubles: place, value: (x) => (x < 100 ? left : 30) }),
      );
    write(200, 300);
    await analyst.open(path);
    const [x, y] = await analyst.placeOf([300, 200], [60, 100]);
    await window.mouse.move(x, y);
    await window.mouse.wheel(0, -300);
    await analyst.drawn();
    const pixel = window.getByTitle('Column and row of the raster');
    const [before, shown] = [await pixel.innerText(), await analyst.colourAt([x, y])];
    write(90, 150);
    await window.evaluate(() => globalThis.dispatchEvent(new Event('focus')));
    await window.getByRole('log').getByText('written.tif has changed on disk and was read again').waitFor();
    await analyst.drawn();
    await window.mouse.move(x + 1, y);
    await window.mouse.move(x, y);
    expect(await pixel.innerText()).toBe(before);
    expect(await analyst.colourAt([x, y])).not.toBe(shown);
  });

  it('keeps one pixel of its picture on one of the screen when the screen is another one', async () => {
    const { window } = desktop;
    const zoom = (factor: number): Promise<void> =>
      desktop.electron.evaluate(({ BrowserWindow }, to) => {
        BrowserWindow.getAllWindows().forEach(({ webContents }) => webContents.setZoomFactor(to));
      }, factor);
    const canvasPxPerScreenPx = (): Promise<number[]> =>
      window.evaluate(() =>
        [...document.querySelectorAll<HTMLCanvasElement>('[role="application"] canvas')].flatMap((canvas) => {
          const { width } = canvas.getBoundingClientRect();
          return width === 0 ? [] : [canvas.width / (width * devicePixelRatio)];
        }),
      );
    for (const factor of [2, 1]) {
      await zoom(factor);
      await expect.poll(() => window.evaluate(() => devicePixelRatio)).toBe(factor);
      await expect.poll(async () => (await canvasPxPerScreenPx()).map((ratio) => ratio.toFixed(2))).toContain('1.00');
      await expect
        .poll(async () => (await canvasPxPerScreenPx()).every((ratio) => Math.abs(ratio - 1) < 0.01))
        .toBe(true);
    }
  });

  it('complains of nothing', () => {
    expect(desktop.problems).toEqual([]);
  });
});
