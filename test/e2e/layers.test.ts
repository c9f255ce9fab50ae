/** Results as layers, in the window: compared with the raster, combined with one another, added to files that exist. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { PythonProcess, pythonMissing } from '../support/python.ts';

const missing = electronMissing ?? pythonMissing(['fiona', 'rasterio', 'shapely']);
const tanks = 'Where is liquid fuel kept in bulk?';
const largestTank = 'Where is the largest storage tank?';
const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');

describe.skipIf(missing !== null)(`results as layers ${missing ?? ''}`, () => {
  let folder: string;
  let desktop: DesktopApp;
  let analyst: Analyst;
  let python: PythonProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-layers-'));
    python = new PythonProcess(resolve(import.meta.dirname, '../support/output_oracle.py'));
    desktop = await launchDesktop();
    analyst = new Analyst(desktop);
  });
  afterAll(async () => {
    python.close();
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const count = (path: string, layer: string): number =>
    Number(
      /Feature Count: (\d+)/u.exec(spawnSync('ogrinfo', ['-so', path, layer], { encoding: 'utf8' }).stdout)?.[1] ?? NaN,
    );

  it('are led to by the tour, all the way from the raster to the question', async () => {
    const { window } = desktop;
    const seen: string[] = [];
    for (let step = 1; step <= 4; step++) {
      await window.getByText(`Step ${step} of 4`).waitFor();
      seen.push(await window.getByRole('dialog').getByRole('heading', { level: 3 }).innerText());
      await analyst.button(step < 4 ? 'Next' : 'Start').click();
    }
    expect(seen).toEqual(['A raster', 'A question', 'A correction', 'A file']);
    await analyst.drawn();
    const question = window.getByLabel('Question', { exact: true });
    expect(await question.inputValue()).toBe(tanks);
    expect(await question.evaluate((field) => document.activeElement === field)).toBe(true);
    await window.getByRole('radio', { name: 'Whole scene' }).check({ force: true });
    await question.press('Enter');
    await window.getByText(/objects found$/).waitFor({ timeout: 60_000 });
    expect((await desktop.start()).settings.tourSeen).toBe(true);
  });

  it('are compared with the raster by a line that is dragged or moved by keys', async () => {
    const { window } = desktop;
    const path = join(folder, 'all.fgb');
    await analyst.exportTo('FlatGeobuf', path);
    const { inside } = (await python.ask({ op: 'vector', path })) as { inside: [number, number][] };
    const place = await analyst.placeOnMap(sample, inside[0]!);
    const withOutline = await analyst.colourAt(place);
    await analyst.button('Hide').click();
    await expect.poll(() => analyst.colourAt(place)).not.toBe(withOutline);
    const bare = await analyst.colourAt(place);
    await analyst.button('Show').click();
    await expect.poll(() => analyst.colourAt(place)).toBe(withOutline);

    await window.keyboard.press('Escape');
    await analyst.button('Compare').click();
    const line = window.getByRole('slider', { name: 'Results are shown left of this line' });
    const dragTo = async (x: number): Promise<void> => {
      const box = (await line.boundingBox())!;
      await window.mouse.move(box.x + box.width / 2, box.y + 60);
      await window.mouse.down();
      await window.mouse.move(x, box.y + 60, { steps: 3 });
      await window.mouse.up();
    };
    await dragTo(place[0] - 30);
    await expect.poll(() => analyst.colourAt(place)).toBe(bare);
    await dragTo(place[0] + 30);
    await expect.poll(() => analyst.colourAt(place)).toBe(withOutline);
    const before = Number(await line.getAttribute('aria-valuenow'));
    await line.press('ArrowLeft');
    expect(Number(await line.getAttribute('aria-valuenow'))).toBe(before - 2);
    await analyst.button('Compare').click();
    await line.waitFor({ state: 'detached' });
  });

  it('are merged, intersected and subtracted, with areas that add up', async () => {
    expect(await analyst.ask(largestTank)).toBe('1 object found');
    // The outlines of the question for all tanks and for one of them differ by the box that the model chose.
    const areas = new Map<string, number>();
    const card = desktop.window.getByRole('article', { name: tanks, exact: true });
    await card.getByText('Combine with…').click();
    for (const [combination, sign] of [
      ['Merge', '+'],
      ['Intersect', '∩'],
      ['Subtract', '−'],
    ] as const) {
      await card.getByRole('combobox', { name: 'Combine with' }).selectOption({ label: largestTank });
      await card.getByRole('button', { name: combination, exact: true }).click();
      areas.set(combination, await analyst.resultAreaM2(`${tanks} ${sign} ${largestTank}`));
      await analyst.menu('undo');
      await desktop.window
        .getByRole('article', { name: `${tanks} ${sign} ${largestTank}` })
        .waitFor({ state: 'detached' });
    }
    const [all, one] = [await analyst.resultAreaM2(tanks), await analyst.resultAreaM2(largestTank)];
    const [both, shared, rest] = ['Merge', 'Intersect', 'Subtract'].map((name) => areas.get(name) ?? NaN) as [
      number,
      number,
      number,
    ];
    expect(shared).toBeGreaterThan(one / 2);
    // The screen rounds each to a square metre.
    expect(Math.abs(both + shared - all - one)).toBeLessThanOrEqual(2);
    expect(Math.abs(rest + shared - all)).toBeLessThanOrEqual(2);
  });

  it('join a layer of a GeoPackage that is there, and make another in it', async () => {
    const path = join(folder, 'kept.gpkg');
    await analyst.exportTo('GeoPackage', path);
    const first = count(path, 'think2seg');
    expect(first).toBeGreaterThan(1);
    await analyst.exportTo('GeoPackage', path, 'An existing layer');
    expect(count(path, 'think2seg')).toBe(2 * first);
    await analyst.exportTo('GeoPackage', path, 'A new layer of an existing file', 'second_look');
    expect([count(path, 'think2seg'), count(path, 'second_look')]).toEqual([2 * first, first]);
    expect(await python.ask({ op: 'sql', path, query: 'SELECT table_name FROM gpkg_contents' })).toMatchObject({
      integrity: 'ok',
      brokenKeys: 0,
    });
    expect(count(join(folder, 'all.fgb'), 'think2seg')).toBe(first - 1);
  });

  it('complain of nothing', () => expect(desktop.problems).toEqual([]));
});
