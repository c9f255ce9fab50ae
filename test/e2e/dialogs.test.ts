/** Every dialog as everybody meets it: names, roles and contrast by axe, nothing cut off on the smallest window and on 4K at 200 %. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';

const root = resolve(import.meta.dirname, '../..');
const dialogs = ['export', 'batch', 'packs', 'settings', 'self-test', 'shortcuts', 'tour', 'about'] as const;

describe.skipIf(electronMissing !== null).each([
  ['light, 1024 x 700', 'light', 1, { width: 1024, height: 700 }],
  ['dark, 4K at 200 %', 'dark', 2, { width: 3840, height: 2160 }],
] as const)(`dialogs: %s ${electronMissing ?? ''}`, (_, theme, scale, display) => {
  let folder: string;
  let desktop: DesktopApp;
  let analyst: Analyst;

  const launch = async (): Promise<void> => {
    desktop = await launchDesktop({
      args: [`--force-device-scale-factor=${scale}`],
      display,
      userDataDirectory: join(folder, 'user'),
      // No graphics driver: a software one takes minutes in the self-test.
      environment: { THINK2SEG_PACKS: join(folder, 'packs'), VK_ICD_FILENAMES: '/nowhere' },
    });
    await desktop.call('settings.change', { theme });
    await desktop.electron.evaluate(
      ({ BrowserWindow }, [width, height]) =>
        BrowserWindow.getAllWindows()[0]?.setBounds({ x: 0, y: 0, width, height }),
      [display.width / scale, display.height / scale] as const,
    );
    analyst = new Analyst(desktop);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-dialogs-'));
    mkdirSync(join(folder, 'user'));
    await launch();
    await analyst.button('Skip the tour').click();
    expect(await analyst.ask('Where is liquid fuel kept in bulk?')).toMatch(/found/);
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const complaints = async (): Promise<unknown[]> => {
    const { window } = desktop;
    await window.waitForFunction(() => document.querySelector('dialog progress') === null, undefined, {
      timeout: 60_000,
    });
    // Evaluated by the debugger, which the content security policy does not bind.
    await window.evaluate(axe.source);
    const violations = await window.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      'axe.run().then(({ violations }) => violations)',
    );
    const cutOff = await window.evaluate<string[]>(`
      [...document.querySelectorAll('body, header, aside, main, footer, dialog, dialog *:not(pre, textarea, option)')]
        .filter((element) => getComputedStyle(element).textOverflow !== 'ellipsis')
        .filter((element) => element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120))
    `);
    const outside = await window.evaluate<string[]>(`
      [...document.querySelectorAll('dialog, dialog footer button')]
        .filter((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect();
          return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
        })
        .map((element) => element.outerHTML.slice(0, 120))
    `);
    return [...violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), ...cutOff, ...outside];
  };

  it('has a window of that size', async () => {
    const size = await desktop.window.evaluate(() => [innerWidth, devicePixelRatio]);
    // Without a window manager the frame may take a pixel.
    expect(Math.abs((size[0] ?? 0) - display.width / scale)).toBeLessThanOrEqual(1);
    expect(size[1]).toBe(scale);
    expect(await complaints()).toEqual([]);
  });

  it.each(dialogs)('%s', async (command) => {
    await analyst.menu(command);
    await desktop.window.getByRole('dialog').waitFor();
    expect(await complaints()).toEqual([]);
    await desktop.window.keyboard.press('Escape');
    await desktop.window.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('attribute table', async () => {
    await analyst.button('Attribute table').click();
    expect(await complaints()).toEqual([]);
    await analyst.button('Close').click();
  });

  it('import of a folder that does not say all of itself', async () => {
    const foreign = join(folder, 'models');
    cpSync(join(root, 'models/nano/lvlm'), join(foreign, 'lvlm'), { recursive: true });
    cpSync(join(root, 'models/nano/segmenter'), join(foreign, 'segmenter'), { recursive: true });
    await desktop.answerDialogs({ open: [foreign] });
    await analyst.menu('packs');
    await desktop.window.getByText('In use').waitFor();
    await analyst.button('Import folder…').click();
    await desktop.window.getByLabel('Prompt template').waitFor();
    expect(await complaints()).toEqual([]);
    await desktop.window.keyboard.press('Escape');
  });

  it('recovery', async () => {
    await analyst.button('Accept 1').click();
    await desktop.keeps('"verdict":"accepted"');
    await desktop.kill();
    await launch();
    await analyst.button('Restore the work').waitFor();
    // Not the button that closes: Enter must not put the work off.
    expect(await desktop.window.evaluate(() => document.activeElement?.textContent.trim())).toBe('Restore the work');
    expect(await complaints()).toEqual([]);
    await analyst.button('Start empty').click();
  });
});
