/** Models in a thread of their own against the same models in this one. */
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPack, type Pack } from '../../../src-main/core/pack/load-pack.ts';
import type { RgbImage, SegmenterPrompt } from '../../../src-main/core/ports.ts';
import { createReasoner } from '../../../src-main/core/reason/reasoner.ts';
import { createSegmenter } from '../../../src-main/core/segment/segmenter.ts';
import type { LaneStart } from '../../../src-main/engine/lanes/lane-calls.ts';
import { LaneModels } from '../../../src-main/engine/lanes/lane-models.ts';
import { LaneThread } from '../../../src-main/engine/lanes/lane-thread.ts';
import {
  lvlmFiles,
  lvlmParts,
  pickFiles,
  segmenterFiles,
  segmenterParts,
} from '../../../src-main/engine/picked-files.ts';

const repository = resolve(import.meta.dirname, '../../..');
const entryPath = join(repository, 'out/main/model-lane.cjs');
const { signal } = new AbortController();
const onProgress = (): void => undefined;

function startOf(pack: Pack): LaneStart {
  const files = pickFiles(pack, [...lvlmParts, ...segmenterParts], { provider: 'cpu', works: true });
  if (files === null) {
    throw new Error('the embedded pack has no files for the CPU');
  }
  return { lvlm: lvlmFiles(pack, files), recipe: pack.recipe, segmenter: segmenterFiles(pack, files) };
}

let start: LaneStart;
let thread: LaneThread;
let lane: LaneModels;
beforeAll(async () => {
  start = startOf(await loadPack(join(repository, 'models/nano')));
  thread = new LaneThread(entryPath, start);
  lane = new LaneModels(thread);
});
afterAll(() => thread.end());

function picture(seed: number): RgbImage {
  const data = Uint8Array.from({ length: 280 * 280 * 3 }, (_, i) => (Math.imul(i + 7, 0x9e3779b1 + seed) >>> 24) % 200);
  for (let y = 60; y < 200; y++) {
    data.fill(255, (y * 280 + 80) * 3, (y * 280 + 180) * 3);
  }
  return { width: 280, height: 280, data };
}
const prompts: SegmenterPrompt[] = [
  { boxImagePx: [78, 58, 184, 204], positivePointsImagePx: [[130, 130]], negativePointsImagePx: [] },
];

describe('models in a thread of their own', { timeout: 120_000 }, () => {
  it('answer as those of this thread', async () => {
    const request = { imageModel: picture(1), imageKey: '1', question: 'Where is open water?' };
    const here = await createReasoner(start.lvlm, start.recipe, { provider: 'cpu', threads: 1 });
    const there = await lane.loadReasoner(signal);
    expect([there.provider, there.frame]).toEqual([here.provider, here.frame]);
    const { timingsMs: _, ...expected } = await here.reason(request, { signal, onProgress });
    const { timingsMs, ...answer } = await there.reason(request, { signal, onProgress });
    expect(answer).toEqual(expected);
    expect(timingsMs.vision).toBeGreaterThan(0);
    await here.dispose();
  });

  it('outline as those of this thread, also an image that they had to forget', async () => {
    const here = await createSegmenter(start.segmenter, { provider: 'cpu', threads: 1 });
    const there = await lane.loadSegmenter(signal);
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map((seed) => there.encode(picture(seed), signal)));
    const masks = await there.segment(first!, prompts, signal);
    expect(masks).toEqual(await here.segment(await here.encode(picture(1), signal), prompts, signal));
    expect(masks[0]?.mask.includes(1)).toBe(true);
    expect(others).toHaveLength(3);
    const strange = { width: 280, height: 280, free: () => undefined };
    await expect(there.segment(strange, prompts, signal)).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    await here.dispose();
  });

  it('stop on request, and answer the next question', async () => {
    const reasoner = await lane.loadReasoner(signal);
    const controller = new AbortController();
    const request = { imageModel: picture(5), imageKey: '5', question: 'Where is open water?' };
    const stopped = reasoner.reason(request, { signal: controller.signal, onProgress });
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(reasoner.reason(request, { signal, onProgress })).resolves.toMatchObject({
      text: expect.any(String) as string,
    });
  });

  it('answer two callers, one call after another, and each of them about its own image', async () => {
    const other = new LaneModels(thread);
    const answers = async (caller: LaneModels, seed: number) => {
      const reasoner = await caller.loadReasoner(signal);
      const segmenter = await caller.loadSegmenter(signal);
      const request = { imageModel: picture(seed), imageKey: String(seed), question: 'Where is open water?' };
      const { text } = await reasoner.reason(request, { signal, onProgress });
      const computedMs: number[] = [];
      const encoded = await segmenter.encode(picture(seed), signal, (ms) => computedMs.push(ms));
      const masks = await segmenter.segment(encoded, prompts, signal, (ms) => computedMs.push(ms));
      return { text, masks, computedMs };
    };
    const alone = [await answers(lane, 6), await answers(lane, 7)];
    const together = await Promise.all([answers(lane, 6), answers(other, 7)]);
    expect(together.map(({ text, masks }) => ({ text, masks }))).toEqual(
      alone.map(({ text, masks }) => ({ text, masks })),
    );
    expect(together[0].masks).not.toEqual(together[1].masks);
    // Both were encoded once: neither caller made the lane forget the image of the other.
    expect(together.map(({ computedMs }) => computedMs.length)).toEqual([2, 2]);
  });

  it('leave a call that was given up while it waited, and answer those behind it', async () => {
    const reasoner = await lane.loadReasoner(signal);
    const other = await new LaneModels(thread).loadReasoner(signal);
    const ask = (asked: typeof reasoner, seed: number, asking: AbortSignal) =>
      asked.reason(
        { imageModel: picture(seed), imageKey: String(seed), question: 'Where is open water?' },
        { signal: asking, onProgress },
      );
    const controller = new AbortController();
    const first = ask(reasoner, 8, signal);
    const waiting = ask(other, 9, controller.signal);
    const last = ask(other, 10, signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    const texts = await Promise.all([first, last]);
    expect(texts.map(({ stopReason }) => stopReason)).not.toContain('length');
  });

  it('say what is wrong with a pack, and that their thread has ended', async () => {
    const broken = { ...start, lvlm: { ...start.lvlm, decoder: join(repository, 'no-such.onnx') } };
    const other = new LaneThread(entryPath, broken);
    await expect(new LaneModels(other).loadReasoner(signal)).rejects.toMatchObject({ code: 'PACK_INCOMPLETE' });
    const unanswered = other.call('openReasoner', null, signal);
    await other.end();
    await expect(unanswered).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(other.call('openReasoner', null, signal)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
