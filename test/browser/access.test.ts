import axe from 'axe-core';
import type { Locator } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';

const missing = browserMissing ?? sharedDataMissing;

interface Violation {
  id: string;
  nodes: { html: string }[];
}

describe.skipIf(missing !== null)(`the window for everybody ${missing ?? ''}`, () => {
  let open: BrowserWindow | undefined;
  afterEach(() => open?.close());

  it.each([
    ['light, empty', 'light', []],
    ['dark, empty', 'dark', []],
    ['light, with a raster', 'light', [sharedPath('data/labelled_trees_mask_zurich/1091-322_big.tif')]],
    ['dark, with a raster', 'dark', [sharedPath('data/labelled_trees_mask_zurich/1091-322_big.tif')]],
  ] as const)('has names, roles and contrast that axe finds right: %s', async (_, colorScheme, openPaths) => {
    open = await openBrowserWindow({ colorScheme, openPaths });
    const { page } = open;
    await page.getByRole(openPaths.length === 0 ? 'heading' : 'application', { name: /Drop|Map/ }).waitFor();
    // Evaluated by the debugger, which the content security policy does not bind.
    await page.evaluate(axe.source);
    const violations = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  it('lays out words of right-to-left scripts from the right', async () => {
    open = await openBrowserWindow();
    const question = open.page.getByLabel('Question', { exact: true });
    const direction = (): Promise<string> =>
      question.page().evaluate(`getComputedStyle(document.getElementById('question')).direction`);
    expect(await direction()).toBe('ltr');
    await question.fill('איפה המכלים?');
    expect(await direction()).toBe('rtl');
  });

  it('shows what is chosen where the system gives the colours', async () => {
    open = await openBrowserWindow({ openPaths: [sharedPath('data/labelled_trees_mask_zurich/1091-322_big.tif')] });
    const { page } = open;
    await page.emulateMedia({ forcedColors: 'active' });
    await page.getByRole('application').waitFor();
    // The style that a page is told is the one before the system's colours.
    const ground = async (control: Locator): Promise<string> => {
      const { x, y } = (await control.boundingBox())!;
      return (await page.screenshot({ clip: { x: x + 4, y: y + 4, width: 1, height: 1 } })).toString('base64');
    };
    const toolbar = page.getByRole('toolbar');
    expect(await ground(toolbar.getByRole('button', { name: 'Select' }))).not.toBe(
      await ground(toolbar.getByRole('button', { name: 'Compare' })),
    );
    const choice = page.locator('label:has(input[type=radio])');
    expect(await ground(choice.filter({ hasText: 'View' }))).not.toBe(
      await ground(choice.filter({ hasText: 'Rectangle' })),
    );
  });

  it.each([
    [1024, 700, 1],
    [1920, 1080, 2],
  ])('fits into %i x %i at scale %i without a scrollbar across or anything cut off', async (width, height, scale) => {
    const openPaths = [sharedPath('data/labelled_trees_mask_zurich/1091-322_big.tif')];
    open = await openBrowserWindow({ viewport: { width, height }, deviceScaleFactor: scale, openPaths });
    await open.page.getByRole('application').waitFor();
    const tooWide = await open.page.evaluate(`
      [...document.querySelectorAll('body, header, aside, main, footer, section, li')]
        .filter((element) => element.scrollWidth > element.clientWidth + 1)
        .map((element) => element.tagName + ' ' + element.className)
    `);
    expect(tooWide).toEqual([]);
  });
});
