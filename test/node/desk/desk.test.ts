/** The work of the panels without a window: scenes are descriptions, and answers come when the test gives them. */
import { expect, it } from 'vitest';
import type { AskResult } from '../../../src-main/contract/ask.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { combineResults } from '../../../src-renderer/combine-results.ts';
import { run } from '../../../src-renderer/commands.ts';
import { Desk } from '../../../src-renderer/desk.ts';
import { leaveWindow } from '../../../src-renderer/project-actions.ts';
import {
  addResult,
  changeResult,
  removeRaster,
  setPrompt,
  setVerdict,
} from '../../../src-renderer/state/document-edits.ts';
import { Workspace } from '../../../src-renderer/workspace.ts';
import { fakeCalls, type FakeCalls, type FakeHandlers } from '../../support/fake-calls.ts';
import { squareScene } from '../../support/scene-displays.ts';
import { someStartState } from '../../support/start-state.ts';
import { someResult, someRunRecord, squareInstance } from '../../support/work-documents.ts';

const answer: AskResult = {
  status: 'ok',
  instances: [squareInstance(10)],
  windowPx: { x: 0, y: 0, width: 100, height: 100 },
  runRecord: someRunRecord('where?'),
};

async function startDesk(handlers: FakeHandlers = {}): Promise<{ desk: Desk; made: FakeCalls['made'] }> {
  const { call, made } = fakeCalls({
    'app.start': () => someStartState(),
    'scene.display': ({ path }) => {
      if (path === '/gone.tif') {
        throw new Think2SegError('INPUT_NOT_FOUND', '/gone.tif is not there; check the path');
      }
      return { ...squareScene(100, 1, null), percentiles: [{ low: 0, high: 255 }] };
    },
    'raster.grant': ({ path }) => ({ url: `t2s-raster:${path}`, bytes: 1 }),
    'raster.revoke': () => null,
    'raster.changed': () => false,
    'autosave.write': () => null,
    ...handlers,
  });
  const desk = new Desk(new Workspace(call));
  await desk.workspace.begin();
  return { desk, made };
}

const notices = ({ workspace }: Desk): string[] => workspace.notices.get().map(({ text }) => text);
const rasterIds = ({ workspace }: Desk): string[] => workspace.history.value.get().rasters.map(({ id }) => id);
const asked = (made: FakeCalls['made']): unknown[] =>
  made.filter(({ route }) => route === 'query.ask').map(({ input }) => (input as { target: unknown }).target);

it('says so when a question is asked of a raster that could not be read, and asks nobody', async () => {
  const { desk, made } = await startDesk();
  const { workspace } = desk;
  await workspace.openRasters(['/scene.tif']);
  workspace.history.apply('find', (work) => ({
    ...work,
    rasters: work.rasters.map((raster) => ({ ...raster, path: '/gone.tif' })),
  }));
  await expect.poll(() => workspace.scenes.states.get().get('/gone.tif')?.kind).toBe('failed');
  await desk.ask('where?');
  expect(notices(desk).at(-1)).toMatch(/^The raster is not open/u);
  expect(asked(made)).toEqual([]);
  expect(desk.asking.state.get().kind).toBe('idle');
});

it('says what fails with its code', async () => {
  const { desk } = await startDesk({
    'raster.revoke': () => {
      throw new Think2SegError('INTERNAL', 'no such address');
    },
  });
  await desk.workspace.openRasters(['/scene.tif', '/gone.tif']);
  desk.workspace.history.apply('remove', removeRaster(rasterIds(desk)[0] ?? ''));
  await expect
    .poll(() => notices(desk))
    .toEqual(['INPUT_NOT_FOUND: /gone.tif is not there; check the path', 'INTERNAL: no such address']);
});

it('drops an answer whose raster was removed meanwhile, and says so', async () => {
  let respond: (result: AskResult) => void = () => undefined;
  const { desk, made } = await startDesk({ 'query.ask': () => new Promise((resolve) => (respond = resolve)) });
  const { workspace } = desk;
  await workspace.openRasters(['/scene.tif', '/other.tif']);
  workspace.target.set({ kind: 'scene' });
  const [, askedId = ''] = rasterIds(desk);
  const asking = desk.ask('where?');
  await expect.poll(() => asked(made)).toHaveLength(1);
  workspace.history.apply('remove', removeRaster(askedId));
  respond(answer);
  await asking;
  expect(workspace.history.value.get().results).toEqual([]);
  expect(notices(desk)).toEqual(['The raster of “where?” was removed meanwhile; the answer went with it.']);
});

it('keeps an answer of the raster that was asked about when another was chosen meanwhile', async () => {
  let respond: (result: AskResult) => void = () => undefined;
  const { desk, made } = await startDesk({ 'query.ask': () => new Promise((resolve) => (respond = resolve)) });
  const { workspace } = desk;
  await workspace.openRasters(['/scene.tif', '/other.tif']);
  workspace.target.set({ kind: 'scene' });
  const [otherId = '', askedId = ''] = rasterIds(desk);
  const asking = desk.ask('where?');
  workspace.activeRasterId.set(otherId);
  await expect.poll(() => asked(made)).toHaveLength(1);
  respond(answer);
  await asking;
  expect(workspace.history.value.get().results.map(({ rasterId }) => rasterId)).toEqual([askedId]);
});

it('asks about a rectangle on the raster that it was drawn on, and about the view of the next', async () => {
  const { desk, made } = await startDesk({ 'query.ask': () => answer });
  const { workspace } = desk;
  await workspace.openRasters(['/scene.tif', '/other.tif']);
  const windowPx = { x: 10, y: 20, width: 30, height: 40 };
  workspace.target.set({ kind: 'drawn', windowPx });
  await desk.ask('where?');
  workspace.activeRasterId.set(rasterIds(desk)[0] ?? '');
  expect(workspace.target.get()).toEqual({ kind: 'view' });
  // There is no map here, and so no view.
  await expect(desk.ask('where?')).rejects.toMatchObject({ code: 'WINDOW_OUTSIDE' });
  workspace.target.set({ kind: 'drawn', windowPx });
  workspace.history.apply('remove', removeRaster(rasterIds(desk)[0] ?? ''));
  expect(workspace.target.get()).toEqual({ kind: 'view' });
  expect(asked(made)).toEqual([{ kind: 'window', windowPx }]);
});

it('leaves a dialog that is at work in its place, and asks before the window closes on it', async () => {
  const { desk, made } = await startDesk({ 'dialog.running': () => false });
  for (const [work, dialog] of [
    ['importing', 'packs'],
    ['exporting', 'export'],
  ] as const) {
    run(desk, dialog);
    desk[work].set(true);
    run(desk, 'shortcuts');
    expect(desk.dialog.get()).toBe(dialog);
    await leaveWindow(desk);
    desk[work].set(false);
    run(desk, 'shortcuts');
    expect(desk.dialog.get()).toBe('shortcuts');
  }
  const questions = made.filter(({ route }) => route === 'dialog.running').map(({ input }) => input);
  expect(questions).toMatchObject([
    { message: 'A model pack is being imported.' },
    { message: 'A file is being written.' },
  ]);
});

it('combines results only when every outline that takes part follows its prompt', async () => {
  const { desk, made } = await startDesk({
    'query.resegment': () => {
      throw new Think2SegError('PROMPTS_INVALID', 'the box lies outside; move it');
    },
    'shape.combine': ({ first, second }) => [...first, ...second],
  });
  const { history } = desk.workspace;
  await desk.workspace.openRasters(['/scene.tif']);
  const [rasterId = ''] = rasterIds(desk);
  history.apply('answers', (work) =>
    [addResult(someResult('a', [10, 20], { rasterId })), addResult(someResult('b', [30], { rasterId }))].reduce(
      (now, edit) => edit(now),
      work,
    ),
  );
  history.apply('move', setPrompt('a-2', { bbox_2d: [900, 900, 950, 950] }));
  await combineResults(desk, 'merge', 'a', 'b');
  expect(notices(desk).at(-1)).toMatch(/^1 object has no outline for the last edit/u);
  const combined = (): unknown => made.find(({ route }) => route === 'shape.combine')?.input;
  expect(combined()).toBeUndefined();
  // What is rejected takes no part.
  history.apply('review', setVerdict(['a-2'], 'rejected'));
  await combineResults(desk, 'merge', 'a', 'b');
  expect(combined()).toMatchObject({ operation: 'merge', first: [{ areaM2: 100 }], second: [{ areaM2: 900 }] });
  const { results } = history.value.get();
  expect(results.map(({ name, visible }) => [name, visible])).toEqual([
    ['a', false],
    ['b', false],
    ['a + b', true],
  ]);
});

it('combines no result whose refinement failed', async () => {
  const { desk, made } = await startDesk({
    'shape.refine': () => {
      throw new Think2SegError('INTERNAL', 'no topology');
    },
    'shape.combine': () => [],
  });
  const { history } = desk.workspace;
  await desk.workspace.openRasters(['/scene.tif']);
  const [rasterId = ''] = rasterIds(desk);
  history.apply('answer', addResult(someResult('a', [10], { rasterId })));
  history.apply('answer', addResult(someResult('b', [30], { rasterId })));
  const { refinement } = someResult('b', []);
  history.apply('refine', changeResult('b', { refinement: { ...refinement, bufferM: 3 } }));
  await expect(combineResults(desk, 'subtract', 'a', 'b')).rejects.toMatchObject({
    message: expect.stringContaining('the refinement of “b” failed: no topology') as string,
  });
  expect(made.some(({ route }) => route === 'shape.combine')).toBe(false);
});
