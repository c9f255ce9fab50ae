/** Frames of the built desktop while a hand moves the map over a scene of 20,000 x 20,000 pixels. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchDesktop } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { openPeer, type BenchRow } from './harness.ts';

const drags = 4;
const stepsPerDrag = 60;
/** Of `+` before each measurement: whole scene, closer, about one pixel on one pixel. */
const zoomSteps = [0, 3, 3];

interface Frames {
  count: number;
  perSecond: number;
  medianMs: number;
  p95Ms: number;
  longestMs: number;
}

export async function bench(): Promise<BenchRow[]> {
  const writer = await openPeer('pan_scene.py', ['numpy', 'rasterio']);
  if (electronMissing !== null || 'absent' in writer) {
    console.log(`map-pan is left out: ${electronMissing ?? ('absent' in writer ? writer.absent : '')}`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'think2seg-pan-'));
  try {
    const path = join(folder, 'scene.tif');
    await writer.time({ op: 'write', path });
    const desktop = await launchDesktop({ args: [path], display: { width: 1500, height: 1000 } });
    try {
      const page = desktop.window;
      await page.getByRole('application').waitFor();
      await page.keyboard.press('Escape');
      const rows: BenchRow[] = [];
      for (const [level, steps] of zoomSteps.entries()) {
        rows.push(rowOf(level, await measureAfter(page, steps)));
      }
      return rows;
    } finally {
      await desktop.close();
    }
  } finally {
    writer.close();
    rmSync(folder, { recursive: true });
  }
}

async function measureAfter(page: Page, zoomIns: number): Promise<Frames> {
  for (let step = 0; step < zoomIns; step += 1) {
    await page.keyboard.press('+');
    await page.waitForTimeout(300);
  }
  await page.waitForTimeout(1_500);
  await page.evaluate(`{
    globalThis.frameTimes = [];
    const next = (now) => { globalThis.frameTimes.push(now); globalThis.frameRequest = requestAnimationFrame(next); };
    globalThis.frameRequest = requestAnimationFrame(next);
  }`);
  const { x, y, width, height } = (await page.getByRole('application').boundingBox())!;
  for (let drag = 0; drag < drags; drag += 1) {
    const direction = drag % 2 === 0 ? -1 : 1;
    const place = (step: number): [number, number] => {
      const share = (direction * (step - stepsPerDrag / 2)) / stepsPerDrag;
      return [x + width / 2 + share * 480, y + height / 2 + share * 240];
    };
    await page.mouse.move(...place(0));
    await page.mouse.down();
    for (let step = 0; step <= stepsPerDrag; step += 1) {
      await page.mouse.move(...place(step));
      await page.waitForTimeout(8);
    }
    await page.mouse.up();
  }
  const times = await page.evaluate<number[]>('(cancelAnimationFrame(globalThis.frameRequest), globalThis.frameTimes)');
  return framesOf(times);
}

function framesOf(times: readonly number[]): Frames {
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  const sorted = [...gaps].sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return {
    count: gaps.length,
    perSecond: (1_000 * gaps.length) / (times.at(-1)! - times[0]!),
    medianMs: at(0.5),
    p95Ms: at(0.95),
    longestMs: at(1),
  };
}

function rowOf(level: number, { count, perSecond, medianMs, p95Ms, longestMs }: Frames): BenchRow {
  const names = ['whole scene', '8 times closer', '64 times closer'];
  return {
    area: 'map',
    case: `pan 20,000 x 20,000, ${names[level] ?? ''}`,
    oursMs: medianMs,
    peerMs: null,
    peer: 'none',
    ratio: null,
    note:
      `${perSecond.toFixed(1)} frames a second over ${count} frames, 95 % within ${p95Ms.toFixed(1)} ms, longest ` +
      `${longestMs.toFixed(0)} ms; frames of the page as it asks for them, drawn in software`,
  };
}
