/** Where the focus is after dialogs. The Chromium of old Electrons gives it back by itself, that of new ones does not. */
import { afterEach, expect, it } from 'vitest';
import { browserMissing, openBrowserWindow, type BrowserWindow } from '../support/browser-window.ts';

let open: BrowserWindow | undefined;
afterEach(() => open?.close());

it.skipIf(browserMissing !== null)('goes back to where it was before a dialog, however that is left', async () => {
  open = await openBrowserWindow();
  const { page } = open;
  const batch = page.getByRole('button', { name: 'Batch…' });
  const hasFocus = (): Promise<boolean> => page.evaluate(`document.activeElement.textContent === 'Batch…'`);
  for (const leave of [
    () => page.keyboard.press('Escape'),
    () => page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().press('Enter'),
  ]) {
    await batch.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await hasFocus()).toBe(false);
    await leave();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(hasFocus).toBe(true);
  }
  expect(open.problems).toEqual([]);
});
