/** Work without a mouse, on the smallest window: open, step through objects, judge, export, read the sheet of keys. */
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { dropFiles } from '../support/drop-files.ts';
import { electronMissing } from '../support/electron-runtime.ts';

const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');
const display = { width: 1024, height: 700 };

describe.skipIf(electronMissing !== null)(`keys alone ${electronMissing ?? ''}`, () => {
  let folder: string;
  let desktop: DesktopApp;
  let analyst: Analyst;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-keys-'));
    mkdirSync(join(folder, 'user'));
    writeFileSync(join(folder, 'user/settings.json'), '{"tourSeen": true}');
    // Two corners of the scene.
    const features = [
      [392_005, 5_819_995],
      [392_240, 5_819_760],
    ].map(([x = 0, y = 0]) => square(x, y, 8));
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
    writeFileSync(join(folder, 'corners.geojson'), JSON.stringify({ type: 'FeatureCollection', crs, features }));
    const many = Array.from({ length: 2_000 }, (_, index) => square(392_005 + 5 * (index % 50), 5_819_995 - 6 * Math.floor(index / 50), 3)); // prettier-ignore
    writeFileSync(join(folder, 'many.geojson'), JSON.stringify({ type: 'FeatureCollection', crs, features: many }));
    desktop = await launchDesktop({ userDataDirectory: join(folder, 'user'), display });
    await desktop.electron.evaluate(
      ({ BrowserWindow }, { width, height }) =>
        BrowserWindow.getAllWindows()[0]?.setBounds({ x: 0, y: 0, width, height }),
      display,
    );
    analyst = new Analyst(desktop);
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) {
      await desktop.window.keyboard.press(key);
    }
  };
  const selected = (): Promise<string[]> =>
    desktop.window.locator('[role=row][aria-selected=true] .number').allInnerTexts();
  const focusedRole = (): Promise<string | null | undefined> =>
    desktop.window.evaluate(() => document.activeElement?.getAttribute('role'));
  const focusMap = (): Promise<void> => desktop.window.getByRole('application').focus();

  it('open a raster and results on it', async () => {
    await desktop.answerDialogs({ open: [sample, join(folder, 'corners.geojson')] });
    await press('Control+o');
    await desktop.window.getByRole('article', { name: 'corners' }).waitFor();
    await analyst.drawn();
  });

  it('step through the objects, bring each into sight, and leave the map after the last', async () => {
    await focusMap();
    await press('Control+1');
    await analyst.drawn();
    const middle = await desktop.window.locator('.map').boundingBox();
    const centre = [middle!.x + middle!.width / 2, middle!.y + middle!.height / 2] as const;
    const pictures = [await analyst.colourAt(centre)];
    for (const number of ['1', '2']) {
      await press('Tab');
      expect(await selected()).toEqual([number]);
      // The object is in the middle now, and has its colour there.
      pictures.push(await analyst.colourAt(centre));
      expect(new Set(pictures).size).toBe(pictures.length);
    }
    await press('Shift+Tab');
    expect(await selected()).toEqual(['1']);
    await press('Tab', 'Tab');
    expect(await selected()).toEqual([]);
    expect(await focusedRole()).not.toBe('application');
  });

  it('judge an object and take it back', async () => {
    await focusMap();
    await press('Tab', 's');
    await desktop.window.getByRole('row', { name: 'Object 1, accepted' }).waitFor();
    await press('Control+z');
    await desktop.window.getByRole('row', { name: 'Object 1, open' }).waitFor();
  });

  it('walk through the list, which is one stop of the Tab key', async () => {
    const { window } = desktop;
    const focused = (): Promise<string | null> =>
      window.evaluate(() => {
        const element = document.activeElement;
        return (
          element?.getAttribute('aria-label') ?? element?.closest('[role=row]')?.getAttribute('aria-label') ?? null
        );
      });
    await press('Escape');
    const grid = window.getByRole('grid', { name: '2 objects' });
    expect(await grid.getAttribute('aria-rowcount')).toBe('2');
    expect(await grid.locator('[tabindex="0"]').count()).toBe(1);
    await grid.locator('[tabindex="0"]').focus();
    await press('Home', 'ArrowDown');
    expect(await focused()).toBe('Object 2, open');
    expect(await selected()).toEqual(['2']);
    await press('x');
    expect(await focused()).toBe('Object 2, rejected');
    await press('ArrowRight', 'ArrowRight', 'Enter');
    expect(await focused()).toBe('Reject 2');
    await window.getByRole('row', { name: 'Object 2, open' }).waitFor();
    await press('Shift+ArrowUp');
    expect(await selected()).toEqual(['1', '2']);
    expect(await focused()).toBe('Reject 1');
    await press('Tab');
    expect(await grid.evaluate((element) => element.contains(document.activeElement))).toBe(false);
    await press('Shift+Tab');
    expect(await focused()).toBe('Reject 1');
    await press('ArrowLeft', 'ArrowLeft', 'ArrowUp', 'Escape', ' ', 'Delete');
    await window.getByRole('grid', { name: '1 object' }).waitFor();
    await expect.poll(focused).toBe('Object 1, open');
    await press('Control+z');
    await window.getByRole('grid', { name: '2 objects' }).waitFor();
  });

  it('enter numbers as half the world writes them, and counts as what they are', async () => {
    const { window } = desktop;
    const type = async (name: string, text: string): Promise<string> => {
      const field = window.getByLabel(name, { exact: true });
      await field.focus();
      await press('Control+a');
      await window.keyboard.type(text);
      await press('Enter');
      return field.inputValue();
    };
    await window.getByText('Refine outlines').press('Enter');
    expect(await type('Buffer, number (m)', '0,5')).toBe('0.5');
    expect(await type('Buffer, number (m)', '-1,25')).toBe('-1.25');
    expect(await type('Red: value shown brightest', '250,5')).toBe('250.5');
    // More rounds, and parts of one, are in no project that can be opened again.
    expect(await type('Smooth, number (rounds)', '2,4')).toBe('2');
    expect(await type('Smooth, number (rounds)', '9')).toBe('5');
    const path = join(folder, 'numbers.t2s');
    await desktop.answerDialogs({ save: path });
    await press('Control+s');
    await expect.poll(() => existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(/"bufferM": -1\.25,[^}]*"smoothRounds": 5\b/u);
  });

  it('judge objects in the attribute table', async () => {
    const { window } = desktop;
    await analyst.button('Attribute table').click();
    const table = window.getByRole('grid', { name: 'Attribute table' });
    await press('End', 's');
    await table.getByRole('row', { selected: true }).getByText('accepted').waitFor();
    expect(await table.getByRole('row', { selected: true }).getAttribute('aria-rowindex')).toBe('3');
    await press('Control+z', 'Escape');
    await window.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('reach the last of thousands of objects, of which the page holds those in sight', async () => {
    const { window } = desktop;
    await desktop.answerDialogs({ open: [join(folder, 'many.geojson')] });
    await press('Control+o');
    const grid = window.getByRole('grid', { name: '2,000 objects' });
    await grid.waitFor();
    await analyst.drawn();
    expect(await grid.getAttribute('aria-rowcount')).toBe('2000');
    expect(await grid.getByRole('row').count()).toBeLessThan(60);
    await grid.locator('[tabindex="0"]').focus();
    await press('End');
    expect(await selected()).toEqual(['2000']);
    await press('Home', 'Shift+End', 'x');
    await window.getByRole('row', { name: 'Object 2000, rejected' }).waitFor();
    await press('Home');
    await window.getByRole('row', { name: 'Object 1, rejected' }).waitFor();
    expect(await selected()).toEqual(['1']);
    await press('Control+z');
    await grid.getByRole('row', { name: 'Object 1, open' }).waitFor();
    // What is chosen on the map is where the next range begins.
    await press('Control+0');
    const place = await analyst.placeOnMap(sample, [392_011.5, 5_819_987.5]);
    // The map has come to rest.
    await analyst.colourAt(place);
    await window.mouse.click(...place);
    await expect.poll(selected).toEqual(['52']);
    await grid.locator('[tabindex="0"]').focus();
    await press('Shift+ArrowDown');
    expect(await selected()).toEqual(['52', '53']);
    await press('Control+z');
    await grid.waitFor({ state: 'detached' });
  });

  it('open the export from the map, with the focus on its first choice', async () => {
    await focusMap();
    await press('Enter');
    await desktop.window.getByRole('dialog', { name: 'Export' }).waitFor();
    expect(await desktop.window.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('checkbox');
    await press('Escape');
    await desktop.window.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focusedRole()).toBe('application');
  });

  it('keep their place when what has the focus goes', async () => {
    const { window } = desktop;
    const focusedText = (): Promise<string | undefined> =>
      window.evaluate(() => document.activeElement?.textContent.trim());
    await window.getByLabel('Question', { exact: true }).fill('Where is liquid fuel kept in bulk?');
    const engine = await desktop.enginePid();
    // It will not answer before the question is stopped.
    process.kill(engine, 'SIGSTOP');
    await analyst.button('Ask').focus();
    await press('Enter');
    await expect.poll(focusedText).toBe('Stop');
    await press('Enter');
    await expect.poll(focusedText).toBe('Ask');
    process.kill(engine, 'SIGCONT');
    await analyst.button('Accept all').focus();
    await press('Enter');
    await expect.poll(() => window.evaluate(() => document.activeElement?.classList.contains('choose'))).toBe(true);
    await press('Control+z');
  });

  it('read the latest of many messages, and dismiss one after the other', async () => {
    const { window } = desktop;
    const names = Array.from({ length: 14 }, (_, index) => `broken-${index}.geojson`);
    names.forEach((name) => writeFileSync(join(folder, name), '{'));
    await dropFiles(
      window,
      names.map((name) => join(folder, name)),
    );
    const log = window.getByRole('log');
    await log.getByText('broken-13.geojson').waitFor();
    const facts = (): Promise<{ isLong: boolean; restPx: number }> =>
      log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => ({
        isLong: scrollHeight > clientHeight,
        restPx: Math.round(scrollHeight - scrollTop - clientHeight),
      }));
    await expect.poll(facts).toEqual({ isLong: true, restPx: 0 });
    const dismiss = window.getByRole('button', { name: 'Dismiss' });
    await dismiss.first().focus();
    for (let left = await dismiss.count(); left > 0; left--) {
      await press('Enter');
      await expect.poll(() => dismiss.count()).toBe(left - 1);
      await expect.poll(() => window.evaluate(() => document.activeElement === document.body)).toBe(false);
    }
    expect(await focusedRole()).toBe('application');
  });

  it('read the sheet of keys to its end', async () => {
    await press('F1');
    const end = desktop.window.getByRole('dialog').getByText('Compare with the bare raster');
    await end.waitFor();
    const content = desktop.window.locator('dialog .content');
    const scrolled = (): Promise<number> => content.evaluate((element) => element.scrollTop);
    expect(await scrolled()).toBe(0);
    await press('End');
    await expect.poll(scrolled).toBeGreaterThan(0);
    await press('Escape');
  });
});

/** A feature whose upper left corner and side are given in metres. */
function square(x: number, y: number, side: number): object {
  const ring = [[x, y], [x + side, y], [x + side, y - side], [x, y - side], [x, y]]; // prettier-ignore
  return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } };
}
