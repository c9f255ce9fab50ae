/** What a person sees of work that takes its time, and how it is stopped. */
import { afterEach, describe, expect, it } from 'vitest';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';

const missing = browserMissing ?? sharedDataMissing;
const raster = sharedDataMissing === null ? sharedPath('data/labelled_trees_mask_zurich/1091-322_big.tif') : '';
const never = new Promise<never>(() => undefined);

describe.skipIf(missing !== null)(`work that takes its time ${missing ?? ''}`, () => {
  let open: BrowserWindow | undefined;
  afterEach(() => open?.close());

  it('says how far a question is, and about how long it takes', async () => {
    open = await openBrowserWindow({ openPaths: [raster], answers: { 'query.ask': () => never } });
    const { page } = open;
    await page.getByRole('application').and(page.locator('[aria-busy="false"]')).waitFor();
    await page.getByLabel('Question', { exact: true }).fill('where?');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await open.progress('query.ask', { stage: 'segmenting', done: 0, total: 12 });
    // Nothing is estimated from less than a second.
    await page.waitForTimeout(1_100);
    await open.progress('query.ask', { stage: 'segmenting', done: 3, total: 12 });
    const stage = page.getByRole('listitem').filter({ hasText: 'Segmenting' });
    await stage.getByText(/^25 %, about \d+ (s|min \d+ s) left$/u).waitFor();
    await open.progress('query.ask', { stage: 'segmenting', done: 12, total: 12 });
    await stage.getByText('100 %').waitFor();
  });

  it('says how far the opening of a raster is, and stops it', async () => {
    open = await openBrowserWindow({
      openPaths: ['/data/large.jp2'],
      answers: { 'scene.display': () => never, 'call.cancel': () => null },
    });
    const { page } = open;
    const bar = page.getByRole('progressbar', { name: 'Opening large.jp2' });
    await bar.waitFor();
    await open.progress('scene.display', { stage: 'reading', done: 1, total: 4 });
    await page.getByText(/^25 %/u).waitFor();
    await page.getByRole('button', { name: 'Cancel the opening of large.jp2' }).press('Enter');
    await bar.waitFor({ state: 'detached' });
    await page.getByText('No raster is open.').waitFor();
    // A stop that was asked for is no failure.
    expect(await page.getByRole('log').innerText()).toBe('');
    expect(open.problems).toEqual([]);
  });
});
