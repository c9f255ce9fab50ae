/** Results as layers: two of them make a third. */
import type { Desk } from './desk.ts';
import { joinedFields } from './state/attribute-columns.ts';
import { isStale, newInstance, type Instance, type Result } from './state/document.ts';
import { addResult, changeResult } from './state/document-edits.ts';
import { drawnOnly, shownInstances } from './state/refined-shapes.ts';
import { joinRecords } from './state/run-records.ts';
import { panelStrings } from './panels/panel-strings.ts';

export type Combination = 'merge' | 'subtract' | 'intersect';

const signs: Record<Combination, string> = { merge: '+', subtract: '−', intersect: '∩' };

/** What was rejected takes no part. The parts are hidden, and undo brings them back. */
export async function combineResults(
  desk: Desk,
  operation: Combination,
  firstId: string,
  secondId: string,
): Promise<void> {
  const { workspace, refiner } = desk;
  await desk.settled();
  const { rasters, results } = workspace.history.value.get();
  const [first, second] = [firstId, secondId].map((wanted) => results.find(({ id }) => id === wanted));
  const raster = rasters.find(({ id }) => id === first?.rasterId);
  if (raster === undefined || first === undefined || second === undefined) {
    return;
  }
  refiner.assertRefined([first, second]);
  const takesPart = ({ verdict }: Instance): boolean => verdict !== 'rejected';
  const stale = [...first.instances, ...second.instances].filter((one) => takesPart(one) && isStale(one));
  if (stale.length > 0) {
    workspace.notify('error', panelStrings.results.staleParts(stale.length));
    return;
  }
  const kept = (result: Result): ReturnType<typeof drawnOnly>[] =>
    shownInstances(result, refiner.shapes.get()).filter(takesPart).map(drawnOnly);
  const drawn = await workspace.call('shape.combine', {
    rasterPath: raster.path,
    operation,
    first: kept(first),
    second: kept(second),
  });
  const combined = desk.newResult(first.rasterId, {
    name: `${first.name} ${signs[operation]} ${second.name}`,
    question: first.question,
    windowPx: first.windowPx,
    instances: drawn.map((shape) => newInstance(shape, crypto.randomUUID(), 'combined')),
    runRecord: joinRecords([second.runRecord, first.runRecord]),
  });
  const lost = joinedFields([first, second]).map(({ name }) => name);
  if (lost.length > 0) {
    workspace.notify('info', panelStrings.results.withoutAttributes(lost.join(', ')));
  }
  const hide = [first, second].map(({ id }) => changeResult(id, { visible: false }));
  workspace.history.apply(panelStrings.history.combine, (work) =>
    [...hide, addResult(combined)].reduce((now, edit) => edit(now), work),
  );
}
