/** What the map of a window shows, once it shows all of it. */
import type { Page } from 'playwright-core';

interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const longestMovementMs = 30_000;

/** Resolves when all that the map should show now is drawn. */
export async function mapDrawn(page: Page): Promise<void> {
  // A change reaches the map with the next frame: until then it still calls the picture from before complete.
  await framesPassed(page);
  await page.getByRole('application').and(page.locator('[aria-busy="false"]')).waitFor();
}

/** A part of the page, as PNG, when two pictures of it in a row are the same: drawn, and no longer on the move. */
export async function steadyPicture(page: Page, clip: Clip): Promise<Buffer> {
  const lastMs = performance.now() + longestMovementMs;
  let before = await page.screenshot({ clip });
  for (;;) {
    await framesPassed(page);
    const picture = await page.screenshot({ clip });
    if (picture.equals(before)) {
      return picture;
    }
    if (performance.now() > lastMs) {
      throw new Error(`the page is still changing after ${longestMovementMs / 1000} s`);
    }
    before = picture;
  }
}

/** Two frames: what was changed before the first is drawn in the second. */
export async function framesPassed(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
}
