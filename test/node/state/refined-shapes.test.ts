import { describe, expect, it } from 'vitest';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { emptyDocument, noRefinement, type WorkDocument } from '../../../src-renderer/state/document.ts';
import {
  addRaster,
  addResult,
  changeResult,
  setOutlines,
  setVerdict,
} from '../../../src-renderer/state/document-edits.ts';
import { History } from '../../../src-renderer/state/history.ts';
import { ShapeRefiner, shownInstances } from '../../../src-renderer/state/refined-shapes.ts';
import { fakeCalls, type FakeCalls, type FakeHandlers } from '../../support/fake-calls.ts';
import { someRaster, someResult, squareInstance } from '../../support/work-documents.ts';

type Refine = NonNullable<FakeHandlers['shape.refine']>;

/** Measures instead of geometry: what was asked is seen in the area. */
const addBuffer: Refine = ({ instances, refinement }) =>
  instances.map((instance) => ({ ...instance, areaM2: (instance.areaM2 ?? 0) + refinement.bufferM }));

function start(refine: Refine): {
  history: History<WorkDocument>;
  refiner: ShapeRefiner;
  made: FakeCalls['made'];
  shownAreas: () => (number | null)[];
} {
  const history = new History<WorkDocument>(
    [addRaster(someRaster()), addResult(someResult('a', [10, 20]))].reduce((now, edit) => edit(now), emptyDocument),
  );
  const { call, made } = fakeCalls({ 'shape.refine': refine });
  const refiner = new ShapeRefiner(call, history);
  const shownAreas = (): (number | null)[] =>
    shownInstances(history.value.get().results[0]!, refiner.shapes.get()).map(({ areaM2 }) => areaM2);
  return { history, refiner, made, shownAreas };
}

describe('ShapeRefiner', () => {
  it('shows what was refined and leaves the outlines as they were', async () => {
    const { history, refiner, made, shownAreas } = start(addBuffer);
    await refiner.settled();
    expect(made).toHaveLength(0);
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 3 } }));
    await refiner.settled();
    expect(shownAreas()).toEqual([103, 403]);
    expect(history.value.get().results[0]!.instances.map(({ areaM2 }) => areaM2)).toEqual([100, 400]);
    history.undo();
    expect(shownAreas()).toEqual([100, 400]);
  });

  it('computes the latest position of a slider, not every one', async () => {
    const { history, refiner, made, shownAreas } = start(async (input, options) => {
      await new Promise((done) => setTimeout(done, 5));
      return addBuffer(input, options);
    });
    for (let bufferM = 1; bufferM <= 50; bufferM++) {
      history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM } }), 'slider');
    }
    await refiner.settled();
    expect(made.length).toBeLessThanOrEqual(2);
    expect(shownAreas()).toEqual([150, 450]);
  });

  it('says why a refinement is impossible and goes on with the next', async () => {
    const { history, refiner, shownAreas } = start((input, options) => {
      if (input.refinement.bufferM > 0) {
        throw new Think2SegError('CRS_UNSUPPORTED', 'no metres here');
      }
      return addBuffer(input, options);
    });
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 3 } }));
    await refiner.settled();
    expect([refiner.problems.get().get('a')?.error.code, shownAreas()]).toEqual(['CRS_UNSUPPORTED', [100, 400]]);
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: -2 } }));
    await refiner.settled();
    expect([refiner.problems.get().size, shownAreas()]).toEqual([0, [98, 398]]);
  });

  it('keeps verdicts of the present over those of the time of computing, and computes nothing for them', async () => {
    const { history, refiner, made } = start(addBuffer);
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 3 } }));
    await refiner.settled();
    history.apply('Accept', setVerdict(['a-2'], 'accepted'));
    const shown = shownInstances(history.value.get().results[0]!, refiner.shapes.get());
    expect(shown.map(({ verdict, areaM2 }) => [verdict, areaM2])).toEqual([
      ['open', 103],
      ['accepted', 403],
    ]);
    await refiner.settled();
    expect(() => refiner.assertRefined(history.value.get().results)).not.toThrow();
    expect(made).toHaveLength(1);
  });

  it('shows a new outline as it is, never as the old one was refined, and asks of it what was refused before', async () => {
    let refusal: Think2SegError | null = null;
    const { history, refiner, shownAreas } = start((input, options) => {
      if (refusal !== null) {
        throw refusal;
      }
      return addBuffer(input, options);
    });
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 3 } }));
    await refiner.settled();
    refusal = new Think2SegError('CRS_UNSUPPORTED', 'no metres here');
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 4 } }));
    await refiner.settled();
    const [first] = history.value.get().results[0]!.instances;
    history.apply('Move', setOutlines(new Map([[first!.promptScenePx!, squareInstance(30)]])));
    await refiner.settled();
    expect(shownAreas()[0]).toBe(900);
    expect(() => refiner.assertRefined(history.value.get().results)).toThrow(/“a” failed: no metres here/);
    refusal = null;
    history.apply('Move', setOutlines(new Map([[first!.promptScenePx!, squareInstance(40)]])));
    await refiner.settled();
    expect(shownAreas()).toEqual([1604, 404]);
    expect(() => refiner.assertRefined(history.value.get().results)).not.toThrow();
  });

  it('asks once more after the engine died over a refinement, and no oftener', async () => {
    let deaths = 1;
    const { history, refiner, made, shownAreas } = start((input, options) => {
      if (deaths-- > 0) {
        throw new Think2SegError('ENGINE_CRASHED', 'it ended');
      }
      return addBuffer(input, options);
    });
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 3 } }));
    await refiner.settled();
    expect([made.length, shownAreas()]).toEqual([2, [103, 403]]);
    deaths = 9;
    history.apply('Buffer', changeResult('a', { refinement: { ...noRefinement, bufferM: 5 } }));
    await refiner.settled();
    expect([made.length, refiner.problems.get().get('a')?.error.code]).toEqual([4, 'ENGINE_CRASHED']);
  });
});
