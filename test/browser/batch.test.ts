import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { BatchNews } from '../../src-main/contract/batch.ts';
import { Think2SegError } from '../../src-main/contract/errors.ts';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';

const count = 20_000;
const items = Array.from({ length: count }, (_, index) => ({
  key: `k${index}`,
  path: `/rasters/scene-${String(index).padStart(5, '0')}.tif`,
  question: 'Where could a helicopter land?',
}));

describe.skipIf(browserMissing !== null)(`the batch window ${browserMissing ?? ''}`, () => {
  let open: BrowserWindow | undefined;
  afterEach(() => open?.close());

  async function openBatch(colorScheme: 'light' | 'dark'): Promise<BrowserWindow> {
    const window = await openBrowserWindow({
      colorScheme,
      answers: {
        'dialog.openFiles': () => ['/rasters/one.tif'],
        'dialog.openFolder': ({ forOutput }) => (forOutput === true ? '/answers' : '/rasters'),
        'batch.open': () => null,
        'batch.run': () => new Promise(() => undefined),
        'batch.pause': () => null,
      },
    });
    open = window;
    // By keys alone.
    await window.page.keyboard.press('Control+b');
    await window.page.getByRole('dialog', { name: 'Batch' }).waitFor();
    return window;
  }

  async function violations({ page }: BrowserWindow): Promise<unknown> {
    await page.evaluate(axe.source);
    const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      'axe.run().then(({ violations }) => violations)',
    );
    return found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  }

  async function begin(window: BrowserWindow): Promise<(news: BatchNews) => Promise<void>> {
    const { page } = window;
    await page.getByRole('button', { name: 'Add folder…' }).press('Enter');
    await page.getByRole('textbox', { name: 'Questions, one a line' }).fill('Where could a helicopter land?');
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Choose folder…' }).press('Enter');
    await page.getByText('/answers').waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    return (batch) => window.progress('batch.run', { stage: 'batch', batch });
  }

  it.each(['light', 'dark'] as const)('has names, roles and contrast that axe finds right: %s', async (scheme) => {
    const window = await openBatch(scheme);
    expect(await violations(window)).toEqual([]);
    const tell = await begin(window);
    await tell({ kind: 'planned', items: items.slice(0, 3) });
    const counts = { finished: 1, failed: 1, total: 3 };
    const failed = { key: 'k0', state: 'failed', features: null, code: 'INPUT_CORRUPT', message: 'cut' } as const;
    await tell({ kind: 'item-known', path: '', question: '', ...failed, ...counts });
    await tell({ kind: 'item-started', key: 'k1', path: '', question: '' });
    await window.page.getByText('INPUT_CORRUPT: cut').waitFor();
    expect(await violations(window)).toEqual([]);
    expect(window.problems).toEqual([]);
  });

  it('says in the dialog why a folder cannot be taken', async () => {
    open = await openBrowserWindow({
      answers: {
        'dialog.openFolder': () => '/answers',
        'batch.open': () => {
          throw new Think2SegError('INPUT_CORRUPT', 'the manifest of /answers is damaged; choose another folder');
        },
      },
    });
    const { page } = open;
    await page.keyboard.press('Control+b');
    await page.getByRole('button', { name: 'Choose folder…' }).press('Enter');
    const said = page.getByRole('dialog').getByRole('alert');
    await said.waitFor();
    expect(await said.innerText()).toBe('INPUT_CORRUPT: the manifest of /answers is damaged; choose another folder');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+b');
    expect(await said.count()).toBe(0);
  });

  it('keeps only the rows in sight of twenty thousand', async () => {
    const window = await openBatch('light');
    const { page } = window;
    const tell = await begin(window);
    await tell({ kind: 'planned', items });
    const list = page.getByRole('region', { name: 'Scenes and questions' });
    await list.getByText('scene-00000.tif').waitFor();
    expect(await list.getByRole('listitem').count()).toBeLessThan(30);
    await list.focus();
    await page.keyboard.press('End');
    await list.getByText(`scene-${count - 1}.tif`).waitFor();
    expect(await list.getByRole('listitem').last().getAttribute('aria-posinset')).toBe(String(count));
    expect(await list.getByRole('listitem').count()).toBeLessThan(30);
  });

  it('goes on while the window is shut', async () => {
    const window = await openBatch('light');
    const { page } = window;
    const tell = await begin(window);
    await tell({ kind: 'planned', items: items.slice(0, 2) });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await tell({ kind: 'item-started', key: 'k1', path: '', question: '' });
    await page.keyboard.press('Control+b');
    await page.getByText('at work').waitFor();
  });
});
