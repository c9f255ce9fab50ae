import { describe, expect, it } from 'vitest';
import type { AskResult } from '../../../src-main/contract/ask.ts';
import type { DesktopInput } from '../../../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { reasoningOf } from '../../../src-renderer/state/ask-progress.ts';
import { Asking, type AskState } from '../../../src-renderer/state/asking.ts';
import type { CallOptions } from '../../../src-renderer/state/calls.ts';
import { fakeCalls } from '../../support/fake-calls.ts';
import { someRunRecord } from '../../support/work-documents.ts';

const input: DesktopInput<'query.ask'> = {
  rasterPath: '/data/scene.tif',
  bands: null,
  mode: 'native',
  connectivity: 4,
  packDirectory: '/packs/nano',
  provider: 'auto',
  threads: null,
  question: 'where are the ships?',
  target: { kind: 'scene' },
};
const answerOf = (status: AskResult['status']): AskResult => ({
  status,
  instances: [],
  windowPx: { x: 0, y: 0, width: 1, height: 1 },
  runRecord: someRunRecord(input.question, { status }),
});

describe('Asking', () => {
  it('shows stages with their times, the text so far and its speed', async () => {
    let now = 0;
    const seen: AskState[] = [];
    const { call } = fakeCalls({
      'query.ask': (_, { onProgress }) => {
        const tell = (event: Parameters<NonNullable<CallOptions['onProgress']>>[0], afterMs: number): void => {
          now += afterMs;
          onProgress?.(event);
        };
        tell({ stage: 'reading' }, 5);
        tell({ stage: 'seeing' }, 10);
        tell({ stage: 'thinking', done: 0, total: 8 }, 20);
        tell({ stage: 'thinking', text: '<think>Two ', tokensPerSecond: 9 }, 30);
        tell({ stage: 'thinking', text: 'ships.</think><answer>[', tokensPerSecond: 10 }, 30);
        tell({ stage: 'segmenting', done: 1, total: 2, note: 'webgpu was slower' }, 5);
        now += 7;
        return answerOf('ok');
      },
    });
    const asking = new Asking(call, () => now);
    asking.state.subscribe((state) => seen.push(state));
    await asking.ask(input);
    const last = seen.at(-1);
    expect(last).toMatchObject({
      kind: 'answered',
      progress: {
        tokensPerSecond: 10,
        notes: ['webgpu was slower'],
        stages: [
          { stage: 'reading', startedAtMs: 5, endedAtMs: 15 },
          { stage: 'seeing', startedAtMs: 15, endedAtMs: 35 },
          { stage: 'thinking', startedAtMs: 35, endedAtMs: 100 },
          { stage: 'segmenting', startedAtMs: 100, endedAtMs: 107 },
        ],
      },
    });
    const whileRunning = seen.flatMap((state) =>
      state.kind === 'running' ? [reasoningOf(state.progress.answerText)] : [],
    );
    expect([...new Set(whileRunning)]).toEqual(['', 'Two', 'Two ships.']);
  });

  it('shows the whole reasoning in the end, also where its last words come after the result', async () => {
    const rawAnswer = '<think>Two ships.</think><answer>[]</answer>';
    const { call } = fakeCalls({
      'query.ask': (_, { onProgress }) => {
        onProgress?.({ stage: 'thinking', text: '<think>Two ' });
        const answer = answerOf('no-target');
        return { ...answer, runRecord: { ...answer.runRecord, rawAnswer } };
      },
    });
    const asking = new Asking(call, Date.now);
    await asking.ask(input);
    expect(asking.state.get()).toMatchObject({ kind: 'no-target', progress: { answerText: rawAnswer } });
  });

  it('takes no target for a result', async () => {
    const { call } = fakeCalls({ 'query.ask': () => answerOf('no-target') });
    const asking = new Asking(call, Date.now);
    await asking.ask(input);
    expect(asking.state.get()).toMatchObject({ kind: 'no-target' });
  });

  it('stops at once, even when the other side never answers', async () => {
    const { call } = fakeCalls({ 'query.ask': () => new Promise<never>(() => undefined) });
    const asking = new Asking(call, Date.now);
    const asked = asking.ask(input);
    asking.cancel();
    expect(await asked).toBeNull();
    expect(asking.state.get()).toMatchObject({ kind: 'cancelled', question: input.question });
  });

  it('lets a later question win over one that is still being stopped', async () => {
    let count = 0;
    const { call } = fakeCalls({
      'query.ask': () => (++count === 1 ? new Promise<never>(() => undefined) : answerOf('ok')),
    });
    const asking = new Asking(call, Date.now);
    const first = asking.ask(input);
    const second = asking.ask({ ...input, question: 'second?' });
    expect(await first).toBeNull();
    expect(await second).not.toBeNull();
    expect(asking.state.get()).toMatchObject({ kind: 'answered', question: 'second?' });
  });

  it('keeps code and words of a failure', async () => {
    const { call } = fakeCalls({
      'query.ask': () => {
        throw new Think2SegError('PACK_DAMAGED', 'lvlm/config.json has another sum', { detail: 'raw' });
      },
    });
    const asking = new Asking(call, Date.now);
    await asking.ask(input);
    expect(asking.state.get()).toMatchObject({
      kind: 'failed',
      error: { code: 'PACK_DAMAGED', message: 'lvlm/config.json has another sum', detail: 'raw' },
    });
  });
});

describe('reasoningOf', () => {
  it.each([
    ['<think>One pond.</think>\n<answer>[{"bbox_2d": [1', 'One pond.'],
    // A tag that is being written is not shown letter by letter.
    ['<thi', ''],
    ['<think>One pond.</th', 'One pond.'],
    ['Area < 5 m2 and', 'Area < 5 m2 and'],
    ['<think><img src=x onerror=alert(1)></think>', '<img src=x onerror=alert(1)>'],
  ])('%j', (answerText, reasoning) => expect(reasoningOf(answerText)).toBe(reasoning));
});
