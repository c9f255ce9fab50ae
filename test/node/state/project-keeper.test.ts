import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { projectSchema } from '../../../src-main/contract/project.ts';
import { emptyDocument, findInstance, isStale, type WorkDocument } from '../../../src-renderer/state/document.ts';
import { addRaster, addResult, setPrompt, setVerdict } from '../../../src-renderer/state/document-edits.ts';
import { History } from '../../../src-renderer/state/history.ts';
import { fromProject } from '../../../src-renderer/state/project-conversion.ts';
import { ProjectKeeper } from '../../../src-renderer/state/project-keeper.ts';
import { fakeCalls, type FakeCalls } from '../../support/fake-calls.ts';
import { someRaster, someResult } from '../../support/work-documents.ts';

const times = { quietMs: 100, latestMs: 500 };

function start(): {
  history: History<WorkDocument>;
  keeper: ProjectKeeper;
  made: FakeCalls['made'];
  problems: unknown[];
} {
  const history = new History<WorkDocument>(emptyDocument);
  const { call, made } = fakeCalls({
    'autosave.write': () => null,
    'autosave.discard': () => null,
    'project.write': () => null,
  });
  const problems: unknown[] = [];
  const extras = { activeRasterId: 'raster-1', view: null, questionHistory: ['where are the ponds?'] };
  const keeper = new ProjectKeeper(
    call,
    history.value,
    () => extras,
    (thrown) => problems.push(thrown),
    times,
  );
  return { history, keeper, made, problems };
}

const routes = (made: FakeCalls['made']): string[] => made.map(({ route }) => route);

describe('ProjectKeeper', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('writes a copy once after quick changes, and in between when they do not stop', async () => {
    const { history, made } = start();
    for (let step = 0; step < 4; step++) {
      history.apply('open', addRaster(someRaster(`raster-${step}`)));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(made).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(routes(made)).toEqual(['autosave.write']);
    for (let step = 4; step < 20; step++) {
      history.apply('open', addRaster(someRaster(`raster-${step}`)));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(routes(made)).toEqual(['autosave.write', 'autosave.write']);
  });

  it('writes what the contract can read back, and the same work comes of it', async () => {
    const { history, made } = start();
    history.apply('open', addRaster(someRaster()));
    history.apply('answer', addResult(someResult('a', [10, 20])));
    await vi.runAllTimersAsync();
    history.apply('accept', setVerdict(['a-1'], 'accepted'));
    await vi.runAllTimersAsync();
    const { projectText } = made.at(-1)!.input as { projectText: string };
    const read = projectSchema.strict().parse(JSON.parse(projectText));
    expect(read.questionHistory).toEqual(['where are the ponds?']);
    expect(fromProject(read)).toEqual(history.value.get());
  });

  it('keeps that an outline has yet to follow its prompt', async () => {
    const { history, made } = start();
    history.apply('open', addRaster(someRaster()));
    history.apply('answer', addResult(someResult('a', [10, 20])));
    history.apply('move', setPrompt('a-1', { bbox_2d: [0, 0, 15, 15] }));
    await vi.runAllTimersAsync();
    const { projectText } = made.at(-1)!.input as { projectText: string };
    const read = fromProject(projectSchema.strict().parse(JSON.parse(projectText)));
    expect(['a-1', 'a-2'].map((id) => isStale(findInstance(read, id)!.instance))).toEqual([true, false]);
  });

  it('neither writes over a copy nor discards it while the user has not said what becomes of it', async () => {
    const { history, keeper, made } = start();
    keeper.holdCopy();
    history.apply('open', addRaster(someRaster()));
    await vi.runAllTimersAsync();
    await keeper.discardCopy();
    expect(made).toEqual([]);
    expect(keeper.state.get().isDirty).toBe(true);
    keeper.releaseCopy();
    await vi.runAllTimersAsync();
    expect(routes(made)).toEqual(['autosave.write']);
  });

  it('keeps no copy of a project that was opened', async () => {
    const { history, keeper, made } = start();
    const opened = addRaster(someRaster())(emptyDocument);
    history.reset(opened);
    keeper.isAt('/work/a.t2s', opened);
    await vi.runAllTimersAsync();
    expect(made).toEqual([]);
  });

  it('is clean after saving and after undoing back to what was saved', async () => {
    const { history, keeper, made } = start();
    history.apply('open', addRaster(someRaster()));
    history.apply('answer', addResult(someResult('a', [10])));
    await keeper.save('/work/a.t2s');
    expect(keeper.state.get()).toEqual({ path: '/work/a.t2s', isDirty: false });
    await vi.runAllTimersAsync();
    expect(routes(made)).toEqual(['project.write', 'autosave.discard']);

    history.apply('accept', setVerdict(['a-1'], 'accepted'));
    expect(keeper.state.get().isDirty).toBe(true);
    history.undo();
    expect(keeper.state.get().isDirty).toBe(false);
  });
});
