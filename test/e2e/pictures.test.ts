/**
 * Takes the pictures of the documentation; those of the batch window come from its own test:
 *
 *   T2S_PICTURES=docs/pictures npm run test:e2e -- pictures batch
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { MenuCommand } from '../../src-main/contract/desktop-bridge.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';

/** Where pictures of the documentation go, such as `docs/pictures`. */
const target = process.env['T2S_PICTURES'];
const missing = electronMissing ?? (target === undefined ? 'T2S_PICTURES names no folder' : null);
const models = resolve(import.meta.dirname, '../../models/nano');
const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');

describe.skipIf(missing !== null)(`pictures of every screen ${missing ?? ''}`, () => {
  let desktop: DesktopApp | null = null;
  const folder = mkdtempSync(join(tmpdir(), 'think2seg-pictures-'));

  afterEach(async () => {
    await desktop?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['light', 'dark'] as const)('%s', async (theme) => {
    mkdirSync(folder, { recursive: true });
    const raster = join(folder, 'harbour.tif');
    cpSync(sample, raster);
    const userDataDirectory = join(folder, `user-${theme}`);
    mkdirSync(userDataDirectory);
    const foreign = join(folder, 'published-weights');
    for (const part of ['lvlm', 'segmenter', 'LICENSE']) {
      cpSync(join(models, part), join(foreign, part), { recursive: true });
    }
    writeFileSync(join(userDataDirectory, 'settings.json'), JSON.stringify({ theme, tourSeen: true }));
    const display = { width: 1440, height: 900 };
    desktop = await launchDesktop({ args: [raster], display, userDataDirectory });
    const { window, electron } = desktop;

    const take = async (name: string): Promise<void> => {
      await window.waitForTimeout(600);
      await window.screenshot({ path: resolve(target ?? '.', `${name}-${theme}.png`) });
    };
    const press = (name: string): Promise<void> => window.getByRole('button', { name, exact: true }).first().click();
    const choose = (command: MenuCommand): Promise<void> =>
      electron.evaluate(({ Menu }, id) => {
        Menu.getApplicationMenu()?.getMenuItemById(id)?.click();
      }, command);
    const takeDialog = async (command: MenuCommand, name: string, leave: string): Promise<void> => {
      await choose(command);
      await window.locator('dialog').waitFor();
      await window.waitForFunction(() => document.querySelector('dialog progress') === null);
      await take(name);
      await press(leave);
    };

    await window.locator('.map canvas').first().waitFor();
    await window.waitForTimeout(2_000);
    await window.getByLabel('Question', { exact: true }).fill('Where is liquid fuel kept in bulk?');
    await window.getByRole('radio', { name: 'Whole scene' }).check({ force: true });
    await take('ask');
    await press('Ask');
    await window.getByText('objects found').waitFor({ timeout: 60_000 });
    await take('answer');
    await window.locator('.choose').nth(1).click();
    await take('correct');
    await press('Accept 1');
    await press('Accept 2');
    await press('Reject 8');
    await window.getByText('Refine outlines').click();
    await window.getByText('Refine outlines').evaluate((heading) => heading.scrollIntoView({ block: 'center' }));
    await take('review');
    await takeDialog('export', 'export', 'Cancel');
    await press('Attribute table');
    await take('table');
    await press('Close');
    await takeDialog('packs', 'packs', 'Close');
    await desktop.answerDialogs({ open: [foreign] });
    await choose('packs');
    await press('Import folder…');
    await window.getByLabel('Prompt template').fill('Find: {question}');
    await take('import');
    await press('Close');
    await takeDialog('settings', 'settings', 'Close');
    await takeDialog('self-test', 'self-test', 'Close');
    await takeDialog('shortcuts', 'shortcuts', 'Close');
    await takeDialog('about', 'about', 'Close');
    await takeDialog('tour', 'tour', 'Skip the tour');
    await window.getByLabel('Question', { exact: true }).fill('Where could passengers board a flight?');
    await press('Ask');
    await window.getByText('No target found.').waitFor({ timeout: 60_000 });
    await take('no-target');
    expect(desktop.problems).toEqual([]);

    await desktop.keeps('board a flight');
    await desktop.kill();
    desktop = await launchDesktop({ display, userDataDirectory });
    await desktop.window.getByRole('button', { name: 'Restore the work' }).waitFor();
    await desktop.window.waitForTimeout(600);
    await desktop.window.screenshot({ path: resolve(target ?? '.', `recovery-${theme}.png`) });
  });
});
