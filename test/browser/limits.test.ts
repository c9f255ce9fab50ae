/** What the settings let the engine take goes with every question, and a refusal is shown in its own words. */
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DesktopInput } from '../../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../../src-main/contract/errors.ts';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';

const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');
const refusal = 'the graphics card is in use by process 7 on here; wait for it or end it';

describe.skipIf(browserMissing !== null)(`limits of the engine ${browserMissing ?? ''}`, () => {
  let open: BrowserWindow | undefined;
  afterEach(() => open?.close());

  it('go with a question, and none are there before they are set', async () => {
    const asked: DesktopInput<'query.ask'>[] = [];
    open = await openBrowserWindow({
      openPaths: [sample],
      answers: {
        'query.ask': (input) => {
          asked.push(input);
          throw new Think2SegError('GPU_IN_USE', refusal);
        },
      },
    });
    const { page } = open;
    await page.getByRole('application').waitFor();
    const ask = async (): Promise<void> => {
      await page.getByLabel('Question', { exact: true }).fill('every building');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await page.getByText(refusal).first().waitFor();
    };
    await ask();
    expect(asked).toHaveLength(1);

    await page.keyboard.press('Control+,');
    await page.getByLabel('Memory, GB').fill('1.5');
    await page.getByLabel('Share with other programs').check();
    await page.getByRole('button', { name: 'Close', exact: true }).last().click();
    await ask();
    await expect.poll(() => asked.length).toBe(2);

    const limits = asked.map(({ memoryBytes, shareGpu }) => ({ memoryBytes, shareGpu }));
    expect(limits).toEqual([
      { memoryBytes: undefined, shareGpu: false },
      { memoryBytes: 1.5e9, shareGpu: true },
    ]);
  });
});
