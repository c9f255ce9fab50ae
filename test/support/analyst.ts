/** What an analyst does in the window, by the names that the window shows. */
import { execFileSync } from 'node:child_process';
import type { Locator, Page } from 'playwright-core';
import type { MenuCommand } from '../../src-main/contract/desktop-bridge.ts';
import { dropFiles } from './drop-files.ts';
import type { DesktopApp } from './desktop-app.ts';
import { framesPassed, mapDrawn, steadyPicture } from './map-screen.ts';

type Place = readonly [number, number];

/** What the map leaves free around a scene that it shows whole. */
const paddingPx = 24;

export class Analyst {
  readonly #desktop: DesktopApp;

  constructor(desktop: DesktopApp) {
    this.#desktop = desktop;
  }

  get window(): Page {
    return this.#desktop.window;
  }

  button(name: string | RegExp): Locator {
    return this.window.getByRole('button', { name, exact: typeof name === 'string' }).first();
  }

  menu(command: MenuCommand): Promise<void> {
    return this.#desktop.electron.evaluate(({ Menu }, id) => {
      Menu.getApplicationMenu()?.getMenuItemById(id)?.click();
    }, command);
  }

  /** Drops a raster on the window and waits until all of it is drawn. */
  async open(path: string): Promise<void> {
    await dropFiles(this.window, [path]);
    await this.button(`Zoom to ${path.split('/').at(-1) ?? ''}`).waitFor();
    await this.drawn();
  }

  drawn(): Promise<void> {
    return mapDrawn(this.window);
  }

  /** @returns what the window says in the end */
  async ask(question: string): Promise<string> {
    await this.window.getByLabel('Question', { exact: true }).fill(question);
    await this.window.getByRole('radio', { name: 'Whole scene' }).check({ force: true });
    await this.button('Ask').click();
    const end = this.window.getByText(/objects? found$|^No target found\.|could not be answered/).first();
    await end.waitFor({ timeout: 60_000 });
    return end.innerText();
  }

  async deleteResults(): Promise<void> {
    const buttons = this.window.getByRole('button', { name: 'Delete result' });
    for (let left = await buttons.count(); left > 0; left--) {
      await buttons.first().click();
    }
  }

  reasoning(): Promise<string> {
    return this.window.getByRole('region', { name: 'Reasoning' }).innerText();
  }

  async tool(name: 'Select' | 'Points' | 'Box'): Promise<void> {
    await this.window.getByRole('toolbar').getByRole('button', { name, exact: true }).click();
  }

  /** Draws a box on a scene that the map shows whole, and waits for the outline in it. */
  async drawBox(size: Place, [left, top, right, bottom]: readonly [number, number, number, number]): Promise<void> {
    await this.tool('Box');
    const { mouse } = this.window;
    await mouse.move(...(await this.placeOf(size, [left, top])));
    await mouse.down();
    await mouse.move(...(await this.placeOf(size, [right, bottom])), { steps: 4 });
    await mouse.up();
    await this.settled();
  }

  async placePoint(size: Place, point: Place, button: 'left' | 'right'): Promise<void> {
    await this.tool('Points');
    await this.window.mouse.click(...(await this.placeOf(size, point)), { button });
    await this.settled();
  }

  async fill(label: string, value: number): Promise<void> {
    const field = this.window.getByLabel(label, { exact: true });
    await field.fill(String(value));
    await field.blur();
    await this.settled();
  }

  /** No outline is awaited any more. */
  async settled(): Promise<void> {
    await framesPassed(this.window);
    await this.window.getByText('following…').first().waitFor({ state: 'detached' });
  }

  /** Square metres of each object in the list, as the screen rounds them; null without an outline. */
  async areasM2(): Promise<(number | null)[]> {
    return (await this.window.locator('.choose .area').allInnerTexts()).map(areaM2In);
  }

  /** Square metres of a whole result, as its card says once it says it. */
  async resultAreaM2(name: string): Promise<number> {
    const summary = this.window.getByRole('article', { name, exact: true }).locator('.summary');
    return areaM2In(await summary.filter({ hasText: /\d (m²|ha|km²)/u }).innerText()) ?? NaN;
  }

  /** Exports what the dialog offers; `into` says whether a GeoPackage is made or added to. */
  async exportTo(
    format: 'GeoPackage' | 'Shapefile' | 'FlatGeobuf',
    path: string,
    into: 'A new file' | 'An existing layer' | 'A new layer of an existing file' = 'A new file',
    layerName = 'think2seg',
  ): Promise<void> {
    await this.#desktop.answerDialogs({ save: path });
    await this.menu('export');
    await this.window.getByRole('radio', { name: 'All but rejected' }).check({ force: true });
    await this.window.getByRole('radio', { name: new RegExp(`^${format}`) }).check();
    if (format === 'GeoPackage') {
      await this.window.getByRole('radio', { name: into, exact: true }).check({ force: true });
    }
    await this.window.getByLabel('Layer name').fill(layerName);
    await this.button('Export…').click();
    await this.window
      .getByText(/^Written: /u)
      .and(this.window.getByText(path.split('/').at(-1) ?? ''))
      .waitFor();
    await this.button('Dismiss').click();
  }

  /** Where a place of a scene is on the page while the map shows the whole scene; for scenes with square pixels that face north. */
  async placeOf([width, height]: Place, [x, y]: Place): Promise<[number, number]> {
    const map = await this.window.locator('.map').boundingBox();
    if (map === null) {
      throw new Error('there is no map');
    }
    const scale = Math.min((map.width - 2 * paddingPx) / width, (map.height - 2 * paddingPx) / height);
    return [map.x + map.width / 2 + (x - width / 2) * scale, map.y + map.height / 2 + (y - height / 2) * scale];
  }

  /** The same for coordinates of the raster's CRS, by what GDAL says of the raster. */
  async placeOnMap(rasterPath: string, [x, y]: Place): Promise<[number, number]> {
    const { size, geoTransform } = JSON.parse(
      execFileSync('gdalinfo', ['-json', rasterPath], { encoding: 'utf8' }),
    ) as { size: [number, number]; geoTransform: [number, number, number, number, number, number] };
    const [left, pixelWidth, , top, , pixelHeight] = geoTransform;
    return this.placeOf(size, [(x - left) / pixelWidth, (y - top) / pixelHeight]);
  }

  /** Colour of the page at a place when it no longer changes, as the bytes of one pixel's PNG. */
  async colourAt([x, y]: Place): Promise<string> {
    const clip = { x: Math.round(x), y: Math.round(y), width: 1, height: 1 };
    return (await steadyPicture(this.window, clip)).toString('base64');
  }
}

/** The area at the end of a text of the window; null without one. */
function areaM2In(text: string): number | null {
  const [, digits, unit] = /([\d,.]+) (m²|ha|km²)/u.exec(text) ?? [];
  const metres = { 'm²': 1, ha: 10_000, 'km²': 1_000_000 }[unit ?? ''];
  return digits === undefined || metres === undefined ? null : Number(digits.replaceAll(',', '')) * metres;
}

/** How far the screen's rounding may be from an area that it shows in square metres, hectares or square kilometres. */
export function roundingM2(areaM2: number): number {
  return areaM2 >= 1_000_000 ? 5_000 : areaM2 >= 10_000 ? 50 : 0.5;
}
