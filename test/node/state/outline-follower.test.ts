import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ResegmentResult } from '../../../src-main/contract/ask.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { Prompt } from '../../../src-main/contract/prompt.ts';
import { emptyDocument, findInstance, type WorkDocument } from '../../../src-renderer/state/document.ts';
import { addRaster, addResult, setPrompt } from '../../../src-renderer/state/document-edits.ts';
import { History } from '../../../src-renderer/state/history.ts';
import { Observable, type Readable } from '../../../src-renderer/state/observable.ts';
import { OutlineFollower } from '../../../src-renderer/state/outline-follower.ts';
import { fakeCalls, type FakeCalls, type FakeHandlers } from '../../support/fake-calls.ts';
import { someRaster, someResult, squareInstance } from '../../support/work-documents.ts';

const view = {
  rasterPath: '/data/scene.tif',
  bands: null,
  mode: 'native',
  connectivity: 4,
  packDirectory: '/packs/nano',
  provider: 'auto',
  threads: null,
} as const;

const boxOf = (side: number): Prompt => ({ bbox_2d: [0, 0, side, side] });
const sideOf = (prompt: Prompt): number => prompt.bbox_2d?.[2] ?? 0;
const answer = (prompts: readonly Prompt[]): ResegmentResult => ({
  instances: prompts.map((prompt) => squareInstance(sideOf(prompt), prompt)),
  provider: { lvlm: null, segmenter: 'cpu' },
  timingsMs: {},
});

function start(
  resegment: NonNullable<FakeHandlers['query.resegment']>,
  isOpen: Readable<boolean> = new Observable(true),
): {
  history: History<WorkDocument>;
  follower: OutlineFollower;
  made: FakeCalls['made'];
  areaOf: (id: string) => number | null | undefined;
} {
  const history = new History<WorkDocument>(
    [addRaster(someRaster()), addResult(someResult('a', [10, 20]))].reduce((now, edit) => edit(now), emptyDocument),
  );
  const { call, made } = fakeCalls({ 'query.resegment': resegment });
  const follower = new OutlineFollower(
    call,
    history,
    () => (isOpen.get() ? view : null),
    [isOpen],
    () => Date.now(),
  );
  return { history, follower, made, areaOf: (id) => findInstance(history.value.get(), id)?.instance.areaM2 };
}

describe('OutlineFollower', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('asks once for all edits of a drag, with the last of them', async () => {
    const { history, made, areaOf } = start(({ promptsScenePx }) => answer(promptsScenePx));
    for (const side of [11, 12, 13]) {
      history.apply('move', setPrompt('a-1', boxOf(side)), 'drag');
    }
    await vi.runAllTimersAsync();
    expect(made).toHaveLength(1);
    expect(areaOf('a-1')).toBe(169);
    expect(areaOf('a-2')).toBe(400);
  });

  it('is settled once the last outline is there, or refused', async () => {
    const { history, follower } = start(async ({ promptsScenePx }) => {
      await new Promise((done) => setTimeout(done, 100));
      if (sideOf(promptsScenePx[0]!) === 13) {
        throw new Think2SegError('PROMPTS_INVALID', 'not this one');
      }
      return answer(promptsScenePx);
    });
    await follower.settled();
    for (const side of [12, 13]) {
      history.apply('move', setPrompt('a-1', boxOf(side)));
      let isSettled = false;
      const settled = follower.settled().then(() => (isSettled = true));
      await vi.advanceTimersByTimeAsync(90);
      expect(isSettled).toBe(false);
      await vi.runAllTimersAsync();
      await settled;
    }
  });

  it('keeps one call in flight, and then follows the latest edit only', async () => {
    const { history, made, areaOf } = start(
      ({ promptsScenePx }) => new Promise((done) => setTimeout(() => done(answer(promptsScenePx)), 100)),
    );
    history.apply('move', setPrompt('a-1', boxOf(11)));
    await vi.advanceTimersByTimeAsync(50);
    history.apply('move', setPrompt('a-1', boxOf(12)));
    history.apply('move', setPrompt('a-1', boxOf(13)));
    await vi.advanceTimersByTimeAsync(40);
    expect(made).toHaveLength(1);
    await vi.runAllTimersAsync();
    expect(made).toHaveLength(2);
    expect(areaOf('a-1')).toBe(169);
  });

  it('follows undo and redo, and takes no step of its own', async () => {
    const { history, made, areaOf } = start(
      ({ promptsScenePx }) => new Promise((done) => setTimeout(() => done(answer(promptsScenePx)), 100)),
    );
    history.apply('move', setPrompt('a-1', boxOf(11)));
    await vi.advanceTimersByTimeAsync(50);
    history.undo();
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), made.length]).toEqual([100, 1]);
    history.redo();
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), history.state.get().redoLabel]).toEqual([121, null]);
    history.undo();
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), made.length]).toEqual([100, 2]);
  });

  it('says why an edit has no outline, and does not ask the same again', async () => {
    let fails = true;
    const { history, follower, made, areaOf } = start(({ promptsScenePx }) => {
      if (fails) {
        throw new Think2SegError('INFERENCE_FAILED', 'the model failed');
      }
      return answer(promptsScenePx);
    });
    history.apply('move', setPrompt('a-1', boxOf(11)));
    await vi.runAllTimersAsync();
    expect(follower.state.get()).toMatchObject({ busy: false, error: { code: 'INFERENCE_FAILED' } });
    expect(made).toHaveLength(1);
    fails = false;
    history.apply('move', setPrompt('a-1', boxOf(12)));
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), follower.state.get().error]).toEqual([144, null]);
  });

  it('asks once more, and tells of no failure, when the engine died over an edit', async () => {
    let crashes = 1;
    const { history, follower, made, areaOf } = start(({ promptsScenePx }) => {
      if (crashes-- > 0) {
        throw new Think2SegError('ENGINE_CRASHED', 'the engine stopped');
      }
      return answer(promptsScenePx);
    });
    const errors: string[] = [];
    follower.state.subscribe(({ error }) => {
      if (error !== null) {
        errors.push(error.code);
      }
    });
    history.apply('move', setPrompt('a-1', boxOf(11)));
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), made.length, errors]).toEqual([121, 2, []]);
  });

  it('gives up an edit over which the engine died twice, and follows the next one', async () => {
    let crashes = 2;
    const { history, follower, made, areaOf } = start(({ promptsScenePx }) => {
      if (crashes-- > 0) {
        throw new Think2SegError('ENGINE_CRASHED', 'the engine stopped');
      }
      return answer(promptsScenePx);
    });
    history.apply('move', setPrompt('a-1', boxOf(11)));
    await vi.runAllTimersAsync();
    expect(follower.state.get()).toMatchObject({ busy: false, error: { code: 'ENGINE_CRASHED' } });
    expect([areaOf('a-1'), made.length]).toEqual([100, 2]);
    history.apply('move', setPrompt('a-1', boxOf(12)));
    await vi.runAllTimersAsync();
    expect([areaOf('a-1'), made.length]).toEqual([144, 3]);
  });

  it('follows an edit that waited for its raster to be opened, without another one', async () => {
    const isOpen = new Observable(false);
    const { history, follower, areaOf } = start(({ promptsScenePx }) => answer(promptsScenePx), isOpen);
    history.apply('open project', setPrompt('a-1', boxOf(11)));
    await vi.runAllTimersAsync();
    expect(areaOf('a-1')).toBe(100);
    isOpen.set(true);
    const settled = follower.settled();
    await vi.runAllTimersAsync();
    await settled;
    expect(areaOf('a-1')).toBe(121);
  });
});
