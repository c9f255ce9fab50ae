import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doneLines } from '../support/batch-outputs.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { dropFiles } from '../support/drop-files.ts';
import { electronMissing } from '../support/electron-runtime.ts';

const root = resolve(import.meta.dirname, '../..');
const sample = join(root, 'resources/sample/harbour.tif');
/** Where pictures of the documentation go, such as `docs/pictures`. */
const pictures = process.env['T2S_PICTURES'];
const questions = ['Where is liquid fuel kept in bulk?', 'Where are ships built?'];

describe.skipIf(electronMissing !== null)(`a batch in the window ${electronMissing ?? ''}`, () => {
  let folder: string;
  let rasters: string[];
  let output: string;
  let userDataDirectory: string;
  let desktop: DesktopApp | null = null;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-batch-window-'));
    userDataDirectory = join(folder, 'user');
    output = join(folder, 'answers');
    [userDataDirectory, output].forEach((path) => mkdirSync(path));
    rasters = ['east.tif', 'north.tif', 'broken.tif'].map((name) => join(folder, name));
    rasters.forEach((path) => copyFileSync(sample, path));
    writeFileSync(rasters[2] ?? '', readFileSync(sample).subarray(0, 60_000));
  });
  afterEach(async () => {
    await desktop?.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  async function picture(app: DesktopApp, name: string): Promise<void> {
    if (pictures !== undefined) {
      for (const theme of ['light', 'dark'] as const) {
        await app.electron.evaluate(({ nativeTheme }, source) => (nativeTheme.themeSource = source), theme);
        await app.window.evaluate((source) => (document.documentElement.dataset['theme'] = source), theme);
        await delay(300);
        await app.window.screenshot({ path: resolve(pictures, `batch-${name}-${theme}.png`) });
      }
    }
  }

  it('is begun, stands still, survives a kill, goes on, says why a file failed, and retries it', async () => {
    desktop = await launchDesktop({ userDataDirectory });
    let { window } = desktop;
    await window.getByRole('button', { name: 'Skip the tour' }).click();
    // The tour has opened the sample scene: once that is kept, the next start offers it.
    await expect.poll(() => existsSync(join(userDataDirectory, 'autosave.json')), { timeout: 20_000 }).toBe(true);
    await window.getByRole('button', { name: 'Batch…' }).click();
    const [east = '', ...others] = rasters;
    await desktop.answerDialogs({ open: others });
    await window.getByRole('button', { name: 'Add files…' }).click();
    await window.getByText('broken.tif').waitFor();
    // Into the dialog, not onto the map behind it.
    await dropFiles(window, [east]);
    await window.getByText('east.tif').waitFor();
    await window.getByRole('textbox', { name: 'Questions, one a line' }).fill(questions.join('\n'));
    await desktop.answerDialogs({ open: [output] });
    await window.getByRole('button', { name: 'Choose folder…' }).click();
    await window.getByText(output).waitFor();
    await picture(desktop, 'form');
    await window.getByRole('button', { name: 'Start', exact: true }).click();
    await window.getByRole('button', { name: 'Pause' }).click();
    await window.getByRole('button', { name: 'Go on' }).waitFor({ timeout: 60_000 });
    const before = doneLines(output);
    expect(before.length).toBeLessThan(4);
    await window.getByRole('button', { name: 'Go on' }).click();
    await window.getByText('at work').waitFor();
    const killedMs = performance.now();
    await desktop.kill();
    // Its engine ends with it, whatever it is at: what is locked is free before the next start.
    expect(performance.now() - killedMs).toBeLessThan(5_000);

    desktop = await launchDesktop({ userDataDirectory });
    ({ window } = desktop);
    await window.getByRole('button', { name: 'Start empty' }).click();
    await window.getByRole('button', { name: 'Batch…' }).click();
    await window.getByText('There is a batch in this folder').waitFor();
    expect(await window.getByRole('textbox', { name: 'Questions, one a line' }).inputValue()).toBe(
      questions.join('\n'),
    );
    await window.getByRole('button', { name: 'Go on' }).click();
    await window.getByText('Done.').waitFor({ timeout: 120_000 });
    await window.getByText('6 of 6 · 2 failed').waitFor();
    await window
      .getByText(/^INPUT_CORRUPT: /u)
      .first()
      .waitFor();
    await picture(desktop, 'failed');

    // Whoever was kept waiting by a broken file puts a whole one in its place.
    copyFileSync(sample, rasters[2] ?? '');
    await window.getByRole('button', { name: 'Retry failed' }).click();
    await window
      .getByText('6 of 6', { exact: false })
      .and(window.locator('.facts-line:not(:has-text("failed"))'))
      .waitFor({ timeout: 120_000 });
    await window.getByText('Done.').waitFor({ timeout: 120_000 });

    // Every question of every raster exactly once, whatever happened in between.
    const done = doneLines(output);
    expect(done).toHaveLength(6);
    expect(new Set(done.map(({ key }) => key)).size).toBe(6);
    const outputs = readdirSync(join(output, 'scenes')).filter((name) => name.endsWith('.gpkg'));
    expect(outputs).toHaveLength(6);
    for (const line of done) {
      const path = line.outputs.find(({ path }) => path.endsWith('.gpkg'))?.path ?? '';
      const facts = execFileSync('ogrinfo', ['-so', '-al', join(output, path)], { encoding: 'utf8' });
      expect(Number(/Feature Count: (\d+)/u.exec(facts)?.[1])).toBe(line.features);
    }
    const left = readdirSync(output, { recursive: true })
      .map(String)
      .filter((name) => /(^|\/)\.think2seg|\.lock/u.test(name));
    expect(left).toEqual([]);
    expect(desktop.problems).toEqual([]);
  }, 400_000);
});
