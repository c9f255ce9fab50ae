/** Every change of the work as a pure function. One that changes nothing returns the document it was given. */
import type { DrawnInstance } from '../../src-main/contract/drawn-instance.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import type { Instance, RasterLayer, Result, Verdict, WorkDocument } from './document.ts';

export type Edit = (work: WorkDocument) => WorkDocument;

interface Identified {
  readonly id: string;
}

function replaceOne<Item extends Identified>(
  items: readonly Item[],
  id: string,
  change: (item: Item) => Item,
): readonly Item[] {
  const index = items.findIndex((item) => item.id === id);
  const item = items[index];
  const changed = item === undefined ? undefined : change(item);
  return changed === undefined || changed === item
    ? items
    : [...items.slice(0, index), changed, ...items.slice(index + 1)];
}

/** `by` is +1 for one step up, that is towards the end of the list; ends of the list hold. */
function moveOne<Item extends Identified>(items: readonly Item[], id: string, by: number): readonly Item[] {
  const from = items.findIndex((item) => item.id === id);
  const to = Math.min(items.length - 1, Math.max(0, from + by));
  const moved = items[from];
  if (moved === undefined || to === from) {
    return items;
  }
  const rest = items.filter((item) => item !== moved);
  return [...rest.slice(0, to), moved, ...rest.slice(to)];
}

function withRasters(work: WorkDocument, rasters: readonly RasterLayer[]): WorkDocument {
  return rasters === work.rasters ? work : { ...work, rasters };
}

function withResults(work: WorkDocument, results: readonly Result[]): WorkDocument {
  return results === work.results ? work : { ...work, results };
}

export function addRaster(raster: RasterLayer): Edit {
  return (work) => ({ ...work, rasters: [...work.rasters, raster] });
}

export function changeRaster(id: string, change: Partial<Omit<RasterLayer, 'id'>>): Edit {
  return (work) =>
    withRasters(
      work,
      replaceOne(work.rasters, id, (raster) => ({ ...raster, ...change })),
    );
}

export function moveRaster(id: string, by: number): Edit {
  return (work) => withRasters(work, moveOne(work.rasters, id, by));
}

/** Results of a raster go with it. */
export function removeRaster(rasterId: string): Edit {
  return (work) => ({
    rasters: work.rasters.filter(({ id }) => id !== rasterId),
    results: work.results.filter((result) => result.rasterId !== rasterId),
  });
}

export function addResult(result: Result): Edit {
  return (work) => ({ ...work, results: [...work.results, result] });
}

export function changeResult(id: string, change: Partial<Omit<Result, 'id'>>): Edit {
  return (work) =>
    withResults(
      work,
      replaceOne(work.results, id, (result) => ({ ...result, ...change })),
    );
}

export function moveResult(id: string, by: number): Edit {
  return (work) => withResults(work, moveOne(work.results, id, by));
}

export function removeResult(resultId: string): Edit {
  return (work) => ({ ...work, results: work.results.filter(({ id }) => id !== resultId) });
}

export function addInstance(resultId: string, instance: Instance): Edit {
  return (work) =>
    withResults(
      work,
      replaceOne(work.results, resultId, (result) => ({ ...result, instances: [...result.instances, instance] })),
    );
}

function changeInstances(ids: ReadonlySet<string>, change: (instance: Instance) => Instance): Edit {
  return (work) =>
    work.results.reduce<WorkDocument>((changed, { id: resultId }) => {
      const replaceIn = (result: Result): Result => {
        const instances = result.instances.map((instance) => (ids.has(instance.id) ? change(instance) : instance));
        return instances.every((instance, index) => instance === result.instances[index])
          ? result
          : { ...result, instances };
      };
      return withResults(changed, replaceOne(changed.results, resultId, replaceIn));
    }, work);
}

export function setPrompt(instanceId: string, promptScenePx: Prompt): Edit {
  return changeInstances(new Set([instanceId]), (instance) => ({ ...instance, promptScenePx, isCorrected: true }));
}

export function setVerdict(instanceIds: readonly string[], verdict: Verdict): Edit {
  return changeInstances(new Set(instanceIds), (instance) =>
    instance.verdict === verdict ? instance : { ...instance, verdict },
  );
}

export function removeInstances(instanceIds: readonly string[]): Edit {
  const gone = new Set(instanceIds);
  return (work) => {
    const results = work.results.map((result) => {
      const instances = result.instances.filter(({ id }) => !gone.has(id));
      return instances.length === result.instances.length ? result : { ...result, instances };
    });
    return results.every((result, index) => result === work.results[index]) ? work : { ...work, results };
  };
}

/** Outlines for prompts as they were sent. An instance whose prompt has changed since keeps what it has. */
export function setOutlines(outlines: ReadonlyMap<Prompt, DrawnInstance>): Edit {
  return (work) => {
    const followed = work.results
      .flatMap(({ instances }) => instances)
      .filter(({ promptScenePx }) => promptScenePx !== null && outlines.has(promptScenePx));
    return changeInstances(new Set(followed.map(({ id }) => id)), (instance) => {
      const drawn = instance.promptScenePx === null ? undefined : outlines.get(instance.promptScenePx);
      return drawn === undefined
        ? instance
        : { ...instance, ...drawn, promptScenePx: instance.promptScenePx, outlinedPrompt: instance.promptScenePx };
    })(work);
  };
}
