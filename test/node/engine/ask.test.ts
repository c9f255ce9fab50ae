import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AskResult } from '../../../src-main/contract/ask.ts';
import type { Prompt } from '../../../src-main/contract/prompt.ts';
import type { ProgressEvent, Stage } from '../../../src-main/contract/progress.ts';
import { OnnxSegmenter } from '../../../src-main/core/segment/segmenter.ts';
import { createHandlers } from '../../../src-main/engine/handlers.ts';

const root = resolve(import.meta.dirname, '../../..');
const sample = join(root, 'resources/sample/harbour.tif');

/** The handlers as the engine process has them, with the embedded pack on the CPU. */
const handlers = createHandlers();
const signal = new AbortController().signal;
const quiet = { signal, onProgress: () => undefined };

let folder: string;
let rasterPath: string;

const view = {
  bands: null,
  mode: 'native' as const,
  connectivity: 8 as const,
  packDirectory: join(root, 'models/nano'),
  provider: 'cpu' as const,
  threads: null,
};
const tanks = 'Where is liquid fuel kept in bulk?';
const wholeScene = { kind: 'scene' } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-ask-'));
  rasterPath = join(folder, 'harbour.tif');
  await copyFile(sample, rasterPath);
});

afterAll(async () => {
  await handlers['models.unload']({}, quiet);
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => vi.restoreAllMocks());

function ask(question: string, onProgress: (event: ProgressEvent) => void = () => undefined): Promise<AskResult> {
  return handlers['query.ask']({ ...view, rasterPath, question, target: wholeScene }, { signal, onProgress });
}

describe('query.record', () => {
  it('says of work by hand what the scene, the window and the prompts were', async () => {
    const promptsScenePx = [{ bbox_2d: [30, 40, 60, 80] as [number, number, number, number] }];
    const windowPx = { x: 10, y: 20, width: 100, height: 90 };
    const record = await handlers['query.record']({ ...view, rasterPath, windowPx, promptsScenePx }, quiet);
    expect(record).toMatchObject({
      question: null,
      promptSource: 'prompts-file',
      promptFrame: { name: 'window-px', width: 100, height: 90 },
      windowPx,
      prompts: [{ bbox_2d: [20, 20, 50, 60] }],
      reasoning: null,
    });
    expect(record.scene.sha256).toBe(createHash('sha256').update(readFileSync(rasterPath)).digest('hex'));
  });
});

describe('query.ask', () => {
  it('answers with editable instances, a run record and the stages in order, and writes nothing', async () => {
    const events: ProgressEvent[] = [];
    const { status, instances, windowPx, runRecord } = await ask(tanks, (event) => events.push(event));
    expect(status).toBe('ok');
    expect(instances.length).toBe(runRecord.prompts.length);
    expect(runRecord).toMatchObject({ question: tanks, promptSource: 'model', mode: 'native', simplifyPx: 0 });
    expect(runRecord.reasoning).toMatch(/tank/);
    for (const [index, instance] of instances.entries()) {
      // Prompts stand in the model frame in the record and in scene pixels in the instance.
      const [x0 = 0] = runRecord.prompts[index]?.bbox_2d ?? [];
      const scale = windowPx.width / runRecord.promptFrame.width;
      expect(instance.promptScenePx?.bbox_2d?.[0]).toBeCloseTo(windowPx.x + x0 * scale, 6);
      expect(instance.areaM2).toBeGreaterThan(0);
      expect(instance.polygonsMap.length).toBeGreaterThan(0);
    }
    expect([...new Set(events.map(({ stage }) => stage))]).toEqual([
      'loading',
      'reading',
      'seeing',
      'thinking',
      'placing',
      'segmenting',
      'outlining',
    ]);
    expect(events.map(({ text }) => text ?? '').join('')).toBe(runRecord.rawAnswer);
    expect(await readdir(folder)).toEqual(['harbour.tif']);
  });

  it('says calmly that there is no target', async () => {
    const { status, instances, runRecord } = await ask('Which baseball field could be lit for a night game?');
    expect({ status, instances }).toEqual({ status: 'no-target', instances: [] });
    expect(runRecord.reasoning).not.toBe('');
  });

  it('reuses what it computed when the same view is asked again', async () => {
    await handlers['models.unload']({}, quiet);
    const first = await ask(tanks);
    const encode = vi.spyOn(OnnxSegmenter.prototype, 'encode');
    const secondEvents: ProgressEvent[] = [];
    const second = await ask(tanks, (event) => secondEvents.push(event));
    expect(encode).not.toHaveBeenCalled();
    expect(second.instances).toEqual(first.instances);
    const otherEvents: ProgressEvent[] = [];
    const other = await ask('Which tank is the largest?', (event) => otherEvents.push(event));
    for (const [{ runRecord }, events] of [
      [second, secondEvents],
      [other, otherEvents],
    ] as const) {
      // No pixel of the view is read and no image is seen again; the decoder starts behind the image.
      expect(runRecord.timingsMs['vision'] ?? 0).toBeLessThan((first.runRecord.timingsMs['vision'] ?? 0) / 5);
      const prefill = events.find(({ stage, done }) => stage === 'thinking' && done !== undefined);
      expect(prefill?.done).toBeGreaterThan((prefill?.total ?? Infinity) / 2);
    }
    expect(second.runRecord.timingsMs).not.toHaveProperty('read');
    console.log(
      `first question ${first.runRecord.timingsMs['total']} ms (models loaded: ` +
        `${(first.runRecord.timingsMs['loadLvlm'] ?? 0) + (first.runRecord.timingsMs['loadSegmenter'] ?? 0)} ms), ` +
        `again ${second.runRecord.timingsMs['total']} ms, another ${other.runRecord.timingsMs['total']} ms`,
    );
  });

  it.each(['loading', 'reading', 'seeing', 'thinking', 'placing', 'segmenting', 'outlining'] satisfies Stage[])(
    'stops at once while %s, and answers the next question',
    async (stage) => {
      await handlers['models.unload']({}, quiet);
      const controller = new AbortController();
      const stagesAfter: Stage[] = [];
      const asked = handlers['query.ask'](
        { ...view, rasterPath, question: tanks, target: wholeScene },
        {
          signal: controller.signal,
          onProgress: (event) => {
            if (controller.signal.aborted) {
              stagesAfter.push(event.stage);
            }
            if (event.stage === stage) {
              controller.abort();
            }
          },
        },
      );
      await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
      expect(stagesAfter).toEqual([]);
      expect((await ask(tanks)).status).toBe('ok');
    },
  );

  it('lets a question that waits be cancelled before its turn', async () => {
    const running = ask(tanks);
    const controller = new AbortController();
    let runningEnded = false;
    void running.then(() => (runningEnded = true));
    const waiting = handlers['query.ask'](
      { ...view, rasterPath, question: tanks, target: wholeScene },
      { signal: controller.signal, onProgress: () => undefined },
    );
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(runningEnded).toBe(false);
    await running;
  });
});

describe('query.resegment', () => {
  it('gives what the question gave when nothing was moved', async () => {
    const { instances, windowPx } = await ask(tanks);
    const promptsScenePx = instances.map(({ promptScenePx }) => promptScenePx!);
    const again = await handlers['query.resegment']({ ...view, rasterPath, windowPx, promptsScenePx }, quiet);
    expect(again.instances).toEqual(instances);
    expect(again.provider).toMatchObject({ lvlm: null, segmenter: 'cpu' });
  });

  it('follows a moved box without encoding again, within 150 ms mostly', async () => {
    const { instances, windowPx } = await ask(tanks);
    const box = instances[0]!.promptScenePx!.bbox_2d!;
    const encode = vi.spyOn(OnnxSegmenter.prototype, 'encode');
    const timesMs: number[] = [];
    const areas = new Set<number | null>();
    for (let step = 0; step < 60; step++) {
      const dx = (step % 7) - 3;
      const dy = (step % 5) - 2;
      const moved = [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy] as [number, number, number, number];
      const started = performance.now();
      const result = await handlers['query.resegment'](
        {
          ...view,
          rasterPath,
          windowPx,
          promptsScenePx: [{ bbox_2d: moved, negative_points: [[box[0] - 3, box[1] - 3]] }],
        },
        quiet,
      );
      timesMs.push(performance.now() - started);
      areas.add(result.instances[0]!.areaM2);
    }
    expect(encode).not.toHaveBeenCalled();
    expect(areas.size).toBeGreaterThan(5);
    timesMs.sort((a, b) => a - b);
    console.log(
      `resegment one prompt: median ${timesMs[30]!.toFixed(1)} ms, 95th percentile ${timesMs[56]!.toFixed(1)} ms`,
    );
  });

  it('serves prompts drawn by hand on a view that nobody asked about, one instance for each', async () => {
    await handlers['models.unload']({}, quiet);
    const promptsScenePx: Prompt[] = [
      { bbox_2d: [280, 280, 330, 320], positive_points: [[300, 300]] },
      { bbox_2d: [5000, 5000, 5100, 5100] },
    ];
    const { instances } = await handlers['query.resegment'](
      { ...view, rasterPath, windowPx: { x: 0, y: 0, width: 512, height: 512 }, promptsScenePx },
      quiet,
    );
    expect(instances).toHaveLength(2);
    expect(instances[0]?.promptScenePx).toMatchObject(promptsScenePx[0]!);
    expect(instances[1]).toMatchObject({ polygonsMap: [], score: null, areaM2: null });
  });

  it('finds the object under a single click, as the box of the model does', async () => {
    const { instances, windowPx } = await ask(tanks);
    const found: number[] = [];
    for (const { promptScenePx, areaM2 } of instances) {
      const [x0, y0, x1, y1] = promptScenePx!.bbox_2d!;
      const click: Prompt = { positive_points: [[(x0 + x1) / 2, (y0 + y1) / 2]] };
      const result = await handlers['query.resegment'](
        { ...view, rasterPath, windowPx, promptsScenePx: [click] },
        quiet,
      );
      expect(result.instances[0]?.promptScenePx).toMatchObject(click);
      found.push((result.instances[0]?.areaM2 ?? 0) / areaM2!);
    }
    console.log(`area of a click against a box: ${found.map((share) => share.toFixed(2)).join(' ')}`);
    // Tanks stand alone on grass: most of them are what the click can only mean.
    expect(found.filter((share) => share > 0.8 && share < 1.25).length).toBeGreaterThan(found.length / 2);
  });

  it('reads a scene again that was changed behind its back', async () => {
    await ask(tanks);
    const encode = vi.spyOn(OnnxSegmenter.prototype, 'encode');
    await rm(rasterPath);
    await copyFile(sample, rasterPath);
    await ask(tanks);
    expect(encode).toHaveBeenCalled();
  });
});
