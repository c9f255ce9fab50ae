/** What a hand waits for in the built desktop with 20,000 objects: from a key or click to the frame that shows it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { projectVersion, type Project } from '../../src-main/contract/project.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { openPeer, type BenchRow } from './harness.ts';

const columns = 160;
const rows = 125;
const sidePx = 20_000;
/** Upper left corner and pixel side of the scene that `pan_scene.py` writes. */
const [leftMap, topMap, pixelMap] = [500_000, 5_400_000, 0.5] as const;
const repeats = 3;
const longestMs = 300_000;

interface Waited {
  readonly frameMs: number;
  /** Of tasks above 50 ms in the two seconds after it, together. */
  readonly busyMs: number;
}

export async function bench(): Promise<BenchRow[]> {
  const writer = await openPeer('pan_scene.py', ['numpy', 'rasterio']);
  if (electronMissing !== null || 'absent' in writer) {
    console.log(`many-objects is left out: ${electronMissing ?? ('absent' in writer ? writer.absent : '')}`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'think2seg-many-'));
  try {
    const scenePath = join(folder, 'scene.tif');
    await writer.time({ op: 'write', path: scenePath });
    const projectPath = join(folder, 'many.t2s');
    writeFileSync(projectPath, JSON.stringify(manyObjects(scenePath)));
    const desktop = await launchDesktop({ args: [projectPath], display: { width: 1500, height: 1000 } });
    try {
      return await measure(desktop);
    } finally {
      await desktop.close();
    }
  } finally {
    writer.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(desktop: DesktopApp): Promise<BenchRow[]> {
  const page = desktop.window;
  page.setDefaultTimeout(longestMs);
  await page.getByRole('application').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('article').first().waitFor();
  await page.getByRole('application').and(page.locator('[aria-busy="false"]')).waitFor();
  await page.evaluate(watchScript);
  const map = (await page.getByRole('application').boundingBox())!;
  const list = page.getByRole('article').first();
  const found: BenchRow[] = [];
  const time = async (name: string, act: (turn: number) => Promise<void>, turns = repeats): Promise<void> => {
    const waits: Waited[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      waits.push(await waitedFor(page, () => act(turn)));
    }
    found.push(rowOf(name, waits));
  };
  const row = (index: number) => list.locator('.choose').nth(index);
  await time('choose in the list', (turn) => row(turn).click());
  await time('choose on the map', (turn) =>
    page.mouse.click(map.x + map.width / 2 + 30 * (turn - 1), map.y + map.height / 2 + 17 * (turn - 1)),
  );
  await time('pointer over the map', (turn) =>
    page.mouse.move(map.x + map.width / 2 + 40 * (turn - 1), map.y + map.height / 2 - 25 * (turn - 1)),
  );
  await row(1).click();
  await time('accept or reject by key', (turn) => page.keyboard.press(turn % 2 === 0 ? 's' : 'x'));
  await time('undo', () => page.keyboard.press('Control+z'), 3);
  await time('zoom in', () => page.keyboard.press('+'), 3);
  await time('zoom out', () => page.keyboard.press('-'), 3);
  await time('hide or show', () => list.getByRole('button', { name: /^(Hide|Show)$/ }).click(), 4);
  await time('open the attribute table', () => page.getByRole('button', { name: 'Attribute table' }).click(), 1);
  const table = page.getByRole('dialog');
  await time('sort the table by area', () => table.getByRole('button', { name: /^Area/ }).click(), 4);
  await time('choose in the table', (turn) => table.getByRole('button', { name: /^Object/ }).nth(turn + 1).click(), 3); // prettier-ignore
  return found;
}

/** In the page: when an input came, when the frame after it was drawn, and which long tasks there were. */
const watchScript = `{
  const watch = globalThis.watch = { at: null, frame: null, tasks: [] };
  new PerformanceObserver((list) => watch.tasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration])))
    .observe({ type: 'longtask' });
  const see = (event) => {
    if (watch.at !== null) return;
    watch.at = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => requestAnimationFrame(() => { watch.frame = performance.now(); });
      port2.postMessage(0);
    });
  };
  for (const type of ['keydown', 'pointermove', 'pointerdown']) addEventListener(type, see, true);
}`;

async function waitedFor(page: Page, act: () => Promise<void>): Promise<Waited> {
  await page.evaluate('{ watch.at = null; watch.frame = null; watch.tasks.length = 0; }');
  await act();
  // Not `waitForFunction`, which evaluates a text in the page: its policy refuses that.
  while (!(await page.evaluate<boolean>('watch.frame !== null'))) {
    await page.waitForTimeout(50);
  }
  await page.waitForTimeout(2_000);
  return page.evaluate<Waited>(`({
    frameMs: watch.frame - watch.at,
    busyMs: watch.tasks.filter(([start, duration]) => start + duration > watch.at).reduce((sum, [, duration]) => sum + duration, 0),
  })`);
}

function rowOf(name: string, waits: readonly Waited[]): BenchRow {
  const median = (values: readonly number[]): number =>
    [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
  const frames = waits.map(({ frameMs }) => frameMs);
  return {
    area: 'desktop',
    case: `20,000 objects: ${name}`,
    oursMs: median(frames),
    peerMs: null,
    peer: 'none',
    ratio: null,
    note: `longest of ${waits.length}: ${Math.max(...frames).toFixed(0)} ms; tasks above 50 ms within 2 s, together: ${median(waits.map(({ busyMs }) => busyMs)).toFixed(0)} ms`,
  };
}

/** Polygons of 24 corners in rows, each with the box that it answers. */
function manyObjects(scenePath: string): Project {
  const channel = { low: 0, high: 255 };
  const stepX = sidePx / columns;
  const stepY = sidePx / rows;
  const instances = Array.from({ length: columns * rows }, (_, index) => {
    const centreX = ((index % columns) + 0.5) * stepX;
    const centreY = (Math.floor(index / columns) + 0.5) * stepY;
    const radius = stepX * (0.25 + 0.1 * Math.sin(index));
    const ring = Array.from({ length: 24 }, (_corner, corner) => (-2 * Math.PI * corner) / 24).flatMap((angle) => [
      leftMap + pixelMap * (centreX + radius * Math.cos(angle)),
      topMap - pixelMap * (centreY - radius * Math.sin(angle)),
    ]);
    const radiusM = pixelMap * radius;
    return {
      id: `object-${index}`,
      origin: 'model' as const,
      attributes: [],
      isStale: false,
      verdict: 'open' as const,
      promptScenePx: {
        bbox_2d: [centreX - radius, centreY - radius, centreX + radius, centreY + radius] as [
          number,
          number,
          number,
          number,
        ],
        positive_points: [[centreX, centreY] as [number, number]],
      },
      polygonsMap: [{ rings: [ring] }],
      score: 0.5 + 0.5 * Math.sin(index),
      areaM2: 12 * radiusM * radiusM * Math.sin(Math.PI / 12),
      perimeterM: 48 * radiusM * Math.sin(Math.PI / 24),
    };
  });
  return {
    format: 'think2seg-project',
    version: projectVersion,
    savedAt: '2026-01-01T00:00:00.000Z',
    rasters: [{ id: 'scene', path: scenePath, visible: true, opacity: 1, rgbBands: [1, 2, 3], stretch: [channel, channel, channel] }], // prettier-ignore
    results: [
      {
        id: 'many',
        name: 'many',
        question: '',
        rasterId: 'scene',
        windowPx: { x: 0, y: 0, width: sidePx, height: sidePx },
        visible: true,
        opacity: 0.35,
        color: '#d81b60',
        refinement: { bufferM: 0, fillHolesM2: 0, minAreaM2: 0, simplifyPx: 0, rightAngles: false, smoothRounds: 0 },
        fields: [],
        instances,
        runRecord: null,
      },
    ],
    activeRasterId: 'scene',
    view: null,
    questionHistory: [],
  };
}
