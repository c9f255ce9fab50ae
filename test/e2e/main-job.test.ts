import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MenuCommand } from '../../src-main/contract/desktop-bridge.ts';
import type { PackManifest } from '../../src-main/contract/pack-manifest.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { mapDrawn, steadyPicture } from '../support/map-screen.ts';
import { PythonProcess, pythonMissing } from '../support/python.ts';

const root = resolve(import.meta.dirname, '../..');
const sample = join(root, 'resources/sample/harbour.tif');
const tanks = 'Where is liquid fuel kept in bulk?';
const noTarget = 'Where could passengers board a flight?';
const missing = electronMissing ?? pythonMissing(['fiona', 'rasterio', 'shapely']);

describe.skipIf(missing !== null)(`the main job by hand ${missing ?? ''}`, () => {
  let folder: string;
  let raster: string;
  let userDataDirectory: string;
  let desktop: DesktopApp;
  let python: PythonProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-job-'));
    raster = join(folder, 'scene.tif');
    cpSync(sample, raster);
    userDataDirectory = join(folder, 'user');
    mkdirSync(userDataDirectory);
    python = new PythonProcess(join(root, 'test/support/output_oracle.py'));
    desktop = await launchDesktop({ args: [raster], userDataDirectory, environment: packsIn(folder) });
    await desktop.window.locator('.map canvas').first().waitFor();
    await mapDrawn(desktop.window);
  });
  afterAll(async () => {
    python.close();
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const button = (name: string | RegExp): Locator =>
    desktop.window.getByRole('button', { name, exact: typeof name === 'string' }).first();
  const objects = (): Locator => desktop.window.locator('.choose');
  const menu = (command: MenuCommand): Promise<void> =>
    desktop.electron.evaluate(({ Menu }, id) => {
      Menu.getApplicationMenu()?.getMenuItemById(id)?.click();
    }, command);
  const ask = async (question: string): Promise<void> => {
    const { window } = desktop;
    await window.getByLabel('Question', { exact: true }).fill(question);
    await window.getByRole('radio', { name: 'Whole scene' }).check({ force: true });
    await button('Ask').click();
  };
  /** What a row of the list says: number, score, area. */
  const rowTexts = async (): Promise<string[]> =>
    (await objects().allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  const exportTo = async (format: string, path: string): Promise<void> => {
    await desktop.answerDialogs({ save: path });
    await menu('export');
    await desktop.window.getByRole('radio', { name: new RegExp(`^${format}`) }).check();
    await button('Export…').click();
    await desktop.window
      .getByText(/^Written: /u)
      .and(desktop.window.getByText(path.split('/').at(-1) ?? ''))
      .waitFor();
    await button('Dismiss').click();
  };

  it('answers a question, streams the reasoning and draws what it found where it is', async () => {
    const { window } = desktop;
    await ask(tanks);
    await window.getByText('objects found').waitFor({ timeout: 60_000 });
    await expect.poll(() => window.getByRole('region', { name: 'Reasoning' }).innerText()).toContain('storage tank');
    await expect.poll(() => objects().count()).toBeGreaterThan(2);

    // The middle of the first object's box on the page, from the scene: the map shows the whole of it at first.
    await objects().first().click();
    const [left, top, right, bottom] = await sides();
    const place = await onScreen([(left + right) / 2, (top + bottom) / 2]);
    const before = await colorAt(place);
    await button('Hide').click();
    await expect.poll(() => colorAt(place)).not.toEqual(before);
    await button('Show').click();
    await expect.poll(() => colorAt(place)).toEqual(before);
  });

  it('lets the outline follow a prompt: measured from the edit to the outline', async () => {
    await objects().first().click();
    const areaBefore = (await rowTexts())[0];
    const times = await desktop.window.evaluate(followEdits, 40);
    expect((await rowTexts())[0]).not.toBe(areaBefore);
    times.sort((one, other) => one - other);
    const p95 = Math.round(times[Math.ceil(times.length * 0.95) - 1] ?? NaN);
    console.log(`edit to outline, 40 edits: median ${Math.round(times[20] ?? NaN)} ms, 95th percentile ${p95} ms`);

    for (let step = 1; step <= 40; step++) {
      await menu('undo');
    }
    await expect.poll(async () => (await rowTexts())[0]).toBe(areaBefore);
  });

  it('follows an edit again by itself when the engine was killed over it', async () => {
    const { window } = desktop;
    await objects().first().click();
    const before = await rowTexts();
    const right = window.getByLabel('Right', { exact: true });
    // A stopped process gets no edit done, so that it surely dies over this one.
    const engine = await desktop.enginePid();
    process.kill(engine, 'SIGSTOP');
    await right.fill(String(Number(await right.inputValue()) - 15));
    await right.blur();
    await window.getByText('following').first().waitFor();
    process.kill(engine, 'SIGKILL');
    await window.getByText('The engine stopped and starts again').waitFor();
    await expect
      .poll(rowTexts, { timeout: 30_000 })
      .toEqual([expect.stringMatching(/m²$/) as string, ...before.slice(1)]);
    expect((await rowTexts())[0]).not.toBe(before[0]);
    expect(await window.locator('.notice.error').count()).toBe(0);
    await button('Dismiss').click();
    await menu('undo');
    await expect.poll(rowTexts).toEqual(before);
  });

  it('exports what is accepted, and Fiona and ogrinfo find what the screen says', async () => {
    const { window } = desktop;
    await button('Accept 1').click();
    await button('Accept 2').click();
    await menu('export');
    await expect.poll(() => window.locator('.sum').innerText()).toMatch(/^2 objects, [\d,.]+ m²$/);
    await button('Cancel').click();

    const areasOnScreen = (await rowTexts()).slice(0, 2).map(areaIn);
    for (const [format, file] of [
      ['GeoPackage', 'accepted.gpkg'],
      ['Shapefile', 'accepted.shp'],
    ] as const) {
      const path = join(folder, file);
      await exportTo(format, path);
      const found = await python.ask({ op: 'vector', path });
      expect(found).toMatchObject({ epsg: 32633, valid: [true, true] });
      const areas = found['areas'] as number[];
      // UTM near the middle of its zone shrinks areas by at most 0.08 %; the screen rounds to whole square metres.
      areas.forEach((area, index) => expect(Math.abs(area - (areasOnScreen[index] ?? 0))).toBeLessThan(1.5));
      const { stdout } = spawnSync('ogrinfo', ['-so', '-al', path], { encoding: 'utf8' });
      expect(stdout).toContain('Feature Count: 2');
    }
  });

  it('takes back a review after it was exported', async () => {
    await menu('undo');
    await expect.poll(() => button('Accept 2').getAttribute('aria-pressed')).toBe('false');
    await menu('redo');
    await expect.poll(() => button('Accept 2').getAttribute('aria-pressed')).toBe('true');
  });

  it('says calmly that there is no target', async () => {
    await ask(noTarget);
    await desktop.window.getByText('No target found.').waitFor({ timeout: 60_000 });
    expect(await desktop.window.locator('.bad').count()).toBe(0);
  });

  it.each(['Loading models', 'Reading', 'Seeing', 'Thinking', 'Placing prompts', 'Segmenting', 'Outlining'])(
    'stops at once while it is at: %s',
    async (stage) => {
      const { window } = desktop;
      await desktop.call('models.unload', {});
      const stopped = window.evaluate(stopAt, stage);
      await ask(tanks);
      expect(await stopped).toBeLessThan(100);
      expect(await window.locator('.calm').innerText()).toBe('Stopped. Nothing was changed.');
    },
  );

  it('answers the next question after it was stopped', async () => {
    await ask(tanks);
    await desktop.window.getByText('objects found').waitFor({ timeout: 60_000 });
  });

  it('imports a good pack, and says what is wrong with a damaged one', async () => {
    const { window } = desktop;
    const good = join(folder, 'good');
    cpSync(join(root, 'models/nano'), good, { recursive: true });
    const damaged = join(folder, 'damaged');
    cpSync(good, damaged, { recursive: true });
    writeFileSync(join(damaged, 'LICENSE'), 'Not the licence.\n');
    await menu('packs');
    await window.getByText('In use').waitFor();
    await desktop.answerDialogs({ open: [damaged] });
    await button('Import folder…').click();
    await window.getByText(/PACK_DAMAGED.*LICENSE/).waitFor();
    await desktop.answerDialogs({ open: [good] });
    await button('Import folder…').click();
    await window.getByText('was imported and checked').waitFor();
    await button('Close').click();
  });

  it('imports a folder of models that is no pack, once it is told how they were trained', async () => {
    const { window } = desktop;
    const foreign = join(folder, 'two models');
    cpSync(join(root, 'models/nano/lvlm'), join(foreign, 'My LVLM'), { recursive: true });
    cpSync(join(root, 'models/nano/segmenter'), join(foreign, 'My SAM'), { recursive: true });
    cpSync(join(root, 'models/nano/LICENSE'), join(foreign, 'LICENSE'));
    const { prompt, frame } = JSON.parse(readFileSync(join(root, 'models/nano/pack.json'), 'utf8')) as PackManifest;

    await menu('packs');
    await window.getByText('In use').waitFor();
    await desktop.answerDialogs({ open: [folder] });
    await button('Import folder…').click();
    await window.getByText(/PACK_FOREIGN.*expected two sub-folders/).waitFor();
    await desktop.answerDialogs({ open: [foreign] });
    await button('Import folder…').click();
    await window.getByText('My LVLM').waitFor();
    expect(await window.getByText(/decoder_model_merged/).innerText()).toMatch(/^My LVLM: decoder.* MB/);
    expect(await button('Import with these').isEnabled()).toBe(false);
    await window.getByLabel('Prompt template').fill(prompt.template);
    await window.getByLabel('Title').fill('Two models');
    await window.getByLabel('Frame, px').fill(String(frame.width));
    await window.getByLabel('Licence name').fill('Apache-2.0');
    await button('Import with these').click();
    await window.getByText('Two models was imported and checked').waitFor();
    await button('Use').click();
    await window.getByRole('button', { name: /Two models.*In use/ }).waitFor();
    await button('Close').click();
    await ask(tanks);
    await window.getByText('objects found').waitFor({ timeout: 60_000 });
  });

  it('offers the work again after it was killed, and brings it back', async () => {
    const scale = (): Promise<string> => desktop.window.getByText(/^1 : [\d,]+$/).innerText();
    const wholeScene = await scale();
    await menu('zoom-in');
    await expect.poll(scale).not.toBe(wholeScene);
    // The end of the movement.
    await mapDrawn(desktop.window);
    const keptScale = await scale();
    await button('Reject 3').click();
    const kept = await rowTexts();
    await desktop.keeps('"verdict":"rejected"');
    await desktop.kill();
    desktop = await launchDesktop({ userDataDirectory, environment: packsIn(folder) });
    // It cannot be put off but by closing the window, and then it is offered again.
    await button('Restore the work').waitFor();
    for (let time = 0; time < 3; time++) {
      await desktop.window.keyboard.press('Escape');
    }
    await button('Restore the work').waitFor();
    const closed = desktop.electron.waitForEvent('close');
    await desktop.electron.evaluate(({ BrowserWindow }) => {
      setTimeout(() => BrowserWindow.getAllWindows().forEach((open) => open.close()));
    });
    await closed;
    await desktop.kill();
    desktop = await launchDesktop({ userDataDirectory, environment: packsIn(folder) });
    await button('Restore the work').click();
    await expect.poll(rowTexts).toEqual(kept);
    expect(await button('Reject 3').getAttribute('aria-pressed')).toBe('true');
    await expect.poll(scale).toBe(keptScale);
  });

  it('complained of nothing in all of it', () => expect(desktop.problems).toEqual([]));

  async function sides(): Promise<[number, number, number, number]> {
    const read = async (label: string): Promise<number> =>
      Number(await desktop.window.getByLabel(label, { exact: true }).inputValue());
    return [await read('Left'), await read('Top'), await read('Right'), await read('Bottom')];
  }

  /** A place of the 1,024 pixel scene, which lies in the middle of the map with 24 pixels around it. */
  async function onScreen([x, y]: [number, number]): Promise<[number, number]> {
    const box = await desktop.window.locator('.map').boundingBox();
    if (box === null) {
      throw new Error('there is no map');
    }
    const scale = (Math.min(box.width, box.height) - 48) / 1024;
    return [box.x + box.width / 2 + (x - 512) * scale, box.y + box.height / 2 + (y - 512) * scale];
  }

  async function colorAt([x, y]: [number, number]): Promise<number[]> {
    const clip = { x: Math.round(x) + 4, y: Math.round(y) + 4, width: 1, height: 1 };
    return [...PNG.sync.read(await steadyPicture(desktop.window, clip)).data];
  }
});

/** Imported packs go there and not to those of the person who runs the tests. */
function packsIn(folder: string): Record<string, string> {
  return { THINK2SEG_PACKS: join(folder, 'packs') };
}

function areaIn(row: string): number {
  return Number(/([\d,.]+) m²$/.exec(row)?.[1]?.replaceAll(',', ''));
}

/**
 * In the page: moves the right side of the selected object's box back and forth.
 *
 * @returns for each edit the milliseconds until the list shows the new outline's area and a frame has been drawn
 */
async function followEdits(count: number): Promise<number[]> {
  const right = document.querySelectorAll<HTMLInputElement>('.sides input')[2];
  const area = document.querySelector('.area');
  if (right === undefined || area === null) {
    throw new Error('no object with a box is selected');
  }
  const startAt = right.valueAsNumber;
  const times: number[] = [];
  for (let step = 1; step <= count; step++) {
    const startedAt = performance.now();
    // The last of an even number of edits is a large one, after which the area cannot be what it was.
    right.valueAsNumber = startAt - (step % 2 === 0 ? 12 : 0) - step * 0.1;
    right.dispatchEvent(new Event('change', { bubbles: true }));
    do {
      await new Promise((done) => requestAnimationFrame(done));
    } while (area.textContent.includes('following'));
    await new Promise((done) => requestAnimationFrame(done));
    times.push(performance.now() - startedAt);
  }
  return times;
}

/**
 * In the page: presses Stop as soon as a stage is shown as the present one.
 *
 * @returns milliseconds until the window says that it has stopped
 */
function stopAt(stage: string): Promise<number> {
  return new Promise((done, fail) => {
    let stoppedAtMs: number | null = null;
    const look = (): void => {
      const current = document.querySelector('li[aria-current="step"] .name')?.textContent;
      if (stoppedAtMs === null && current === stage) {
        stoppedAtMs = performance.now();
        document.querySelector<HTMLButtonElement>('button.stop')?.click();
      } else if (stoppedAtMs !== null && document.querySelector('.calm')?.textContent.startsWith('Stopped') === true) {
        observer.disconnect();
        done(performance.now() - stoppedAtMs);
      } else if (stoppedAtMs === null && document.querySelector('button.stop') === null && hasRun) {
        observer.disconnect();
        fail(new Error(`the question ended and was never seen at ${stage}`));
      }
      hasRun ||= document.querySelector('button.stop') !== null;
    };
    let hasRun = false;
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}
