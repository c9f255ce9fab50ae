import { describe, expect, it } from 'vitest';
import type { BatchCounts, BatchNews, BatchResult, DoneLine } from '../../../src-main/contract/batch.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { BatchWork, isComplete, questionsOf, emptyForm } from '../../../src-renderer/state/batch-work.ts';
import { fakeCalls, type FakeHandlers } from '../../support/fake-calls.ts';

const usual = {
  bands: null,
  mode: 'native',
  simplifyPx: 1,
  minAreaM2: 0,
  connectivity: 4,
  packDirectory: '/pack',
  provider: 'auto',
  threads: null,
} as const;

const items = ['a', 'b', 'c'].map((key) => ({ key, path: `/rasters/${key}.tif`, question: 'q' }));

function resultOf(changes: Partial<BatchResult> = {}): BatchResult {
  return {
    schema: 1,
    items: 3,
    done: 3,
    noTarget: 0,
    alreadyDone: 0,
    failed: 0,
    remaining: 0,
    features: 0,
    areaM2: 0,
    wallMs: 1,
    failures: [],
    outputs: ['/out/manifest.jsonl', '/out/summary.html'],
    ...changes,
  };
}

function finished(key: string, counts: BatchCounts): BatchNews {
  const line = {
    kind: 'item',
    state: 'done',
    key,
    path: `/rasters/${key}.tif`,
    question: 'q',
    status: 'ok',
    features: 4,
  };
  return { kind: 'item-finished', line: line as DoneLine, ...counts };
}

async function workWith(handlers: FakeHandlers, nowMs: () => number = () => 0) {
  const fake = fakeCalls({ 'batch.open': () => null, ...handlers });
  const work = new BatchWork(fake.call, () => usual, nowMs);
  work.addInputs(['/rasters']);
  work.change({ questions: 'q\n\n q \n' });
  await work.chooseFolder('/out');
  return { work, made: fake.made };
}

describe('the batch of the window', () => {
  it('wants rasters, something to ask, a folder and a format', () => {
    const whole = { ...emptyForm, inputs: ['/a.tif'], questions: 'q', folder: '/out' };
    expect(isComplete(whole)).toBe(true);
    expect(isComplete({ ...whole, inputs: [] })).toBe(false);
    expect(isComplete({ ...whole, inputs: [], questions: '', tablePath: '/t.csv' })).toBe(true);
    expect(isComplete({ ...whole, questions: ' \n' })).toBe(false);
    expect(isComplete({ ...whole, folder: null })).toBe(false);
    expect(isComplete({ ...whole, formats: [] })).toBe(false);
    expect(questionsOf({ ...whole, questions: 'a\n\n b \na' })).toEqual(['a', 'b']);
  });

  it('shows each item, the rate of the last ones, and the end', async () => {
    let nowMs = 0;
    const rates: (number | null)[] = [];
    const { work, made } = await workWith(
      {
        'batch.run': (_, { onProgress }) => {
          const tell = (batch: BatchNews): void => onProgress?.({ stage: 'batch', batch });
          tell({ kind: 'planned', items });
          items.forEach(({ key }, index) => {
            tell({ kind: 'item-started', key, path: '', question: 'q' });
            nowMs += 1_000 * (index + 1);
            tell(finished(key, { finished: index + 1, failed: 0, total: 3 }));
            rates.push(work.view.get().msPerItem);
          });
          return resultOf();
        },
      },
      () => nowMs,
    );
    await work.run({ retryFailed: false });
    expect(made.find(({ route }) => route === 'batch.run')?.input).toMatchObject({
      folder: '/out',
      request: { inputs: ['/rasters'], questions: ['q'], options: { packDirectory: '/pack', formats: ['.gpkg'] } },
    });
    expect(rates).toEqual([1_000, 1_500, 2_000]);
    expect(work.view.get()).toMatchObject({ phase: 'done', finished: 3, total: 3, failed: 0, problem: null });
    expect(work.view.get().rows.map(({ state, features }) => [state, features])).toEqual([
      ['done', 4],
      ['done', 4],
      ['done', 4],
    ]);
  });

  it('blames the scene that the engine died of, and goes on', async () => {
    let runs = 0;
    const { work, made } = await workWith({
      'batch.run': (_, { onProgress }) => {
        onProgress?.({ stage: 'batch', batch: { kind: 'planned', items } });
        if (runs++ === 0) {
          onProgress?.({ stage: 'batch', batch: { kind: 'item-started', key: 'b', path: '', question: 'q' } });
          throw new Think2SegError('ENGINE_CRASHED', 'gone');
        }
        return resultOf({ done: 2, failed: 1 });
      },
    });
    await work.run({ retryFailed: false });
    const inputs = made.filter(({ route }) => route === 'batch.run').map(({ input }) => input);
    expect(inputs).toMatchObject([{ crashedKeys: [] }, { crashedKeys: ['b'] }]);
    expect(work.view.get()).toMatchObject({ phase: 'done', failed: 1 });
  });

  it('tells of trouble that concerns all scenes, and can go on after it', async () => {
    const { work } = await workWith({
      'batch.run': () => {
        throw new Think2SegError('OUTPUT_FULL', 'the disk is full');
      },
    });
    await work.run({ retryFailed: false });
    expect(work.view.get()).toMatchObject({ phase: 'paused', problem: 'OUTPUT_FULL: the disk is full' });
  });

  it('stands still after the scene that is worked on, or at once', async () => {
    let end = (): void => undefined;
    const { work, made } = await workWith({
      'batch.run': () => new Promise((resolve) => (end = () => resolve(resultOf({ done: 1, remaining: 2 })))),
      'batch.pause': () => {
        end();
        return null;
      },
    });
    const running = work.run({ retryFailed: false });
    await work.pause();
    await running;
    expect(made.map(({ route }) => route)).toContain('batch.pause');
    expect(work.view.get()).toMatchObject({ phase: 'paused', finished: 1, total: 3 });

    const again = work.run({ retryFailed: false });
    work.stop();
    await again;
    expect(work.view.get()).toMatchObject({ phase: 'paused', problem: null });
  });

  it('takes up a batch that another began, with its options', async () => {
    const request = {
      inputs: ['/other'],
      listPath: '/list.txt',
      tablePath: null,
      questions: ['x', 'y'],
      merge: true,
      options: { ...usual, simplifyPx: 3, formats: ['.shp'], scale: undefined },
    };
    const { work, made } = await workWith({ 'batch.open': () => request, 'batch.run': () => resultOf() });
    expect(work.form.get()).toMatchObject({ inputs: ['/other'], questions: 'x\ny', formats: ['.shp'], merge: true });
    expect(work.view.get().phase).toBe('paused');
    await work.run({ retryFailed: false });
    expect(made.at(-1)?.input).toMatchObject({ request: { listPath: '/list.txt', options: { simplifyPx: 3 } } });
  });
});
