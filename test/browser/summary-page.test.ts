/**
 * The page about a batch, opened from the disk as its reader does. Its picture for the documentation:
 *
 *   T2S_PICTURES=docs/pictures npx vitest run --config vitest.browser.config.ts summary-page
 */
import axe from 'axe-core';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser-window.ts';
import { runThink2seg } from '../support/command-line.ts';

const pictures = process.env['T2S_PICTURES'];
const missing = chromiumPath === null ? '(skipped: no Chromium, set T2S_CHROMIUM to its executable)' : null;
const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');
const work = `raster,question,window
harbour.tif,Where is liquid fuel kept in bulk?,
harbour.tif,Where is liquid fuel kept in bulk?,"0,0,512,512"
harbour.tif,Where is liquid fuel kept in bulk?,"512,0,512,512"
harbour.tif,Where is open water?,
harbour.tif,Where is open water?,"512,512,512,512"
"North & <b>south pier.tif",Where is open water?,
cut off.tif,Where is open water?,
`;

interface Violation {
  id: string;
  nodes: { html: string }[];
}

describe.skipIf(missing !== null)(`the summary of a batch ${missing ?? ''}`, { timeout: 300_000 }, () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const outside: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-summary-'));
    cpSync(sample, join(folder, 'harbour.tif'));
    cpSync(sample, join(folder, 'North & <b>south pier.tif'));
    writeFileSync(join(folder, 'cut off.tif'), 'II*');
    writeFileSync(join(folder, 'work.csv'), work);
    const run = await runThink2seg(['batch', '--table', 'work.csv', '-o', 'out', '--merge', '--quiet'], {
      cwd: folder,
    });
    expect(run).toMatchObject({ status: 7 });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) {
        outside.push(request.url());
      }
    });
    await page.goto(pathToFileURL(join(folder, 'out/summary.html')).href);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every answer with its picture and which part of which raster it is about', async () => {
    await page.locator('figure').last().scrollIntoViewIfNeeded();
    await expect.poll(() => page.evaluate(`[...document.images].every((image) => image.naturalWidth > 0)`)).toBe(true);
    const captions = await page.evaluate(
      `[...document.querySelectorAll('figcaption')].map((one) => one.firstChild.data)`,
    );
    expect(captions).toEqual([
      'harbour.tif',
      'harbour.tif, window 0, 0, 512, 512',
      'harbour.tif, window 512, 0, 512, 512',
      'harbour.tif',
      'harbour.tif, window 512, 512, 512, 512',
      'North & <b>south pier.tif',
    ]);
  });

  it('names what failed, and why', async () => {
    const row = page.getByRole('row', { name: /cut off\.tif/ });
    expect(await row.innerText()).toMatch(/INPUT_NOT_RASTER .* has 3 bytes/);
  });

  it('asks no network, runs without complaint, and is right for everybody in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const violations = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    }
    expect([outside, problems]).toEqual([[], []]);
    await page.emulateMedia({ colorScheme: 'light' });
    if (pictures !== undefined) {
      await page.screenshot({ path: resolve(pictures, 'batch-summary.png'), fullPage: true });
    }
  });
});
