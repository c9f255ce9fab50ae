/** Live previews of refinements: outlines as they are shown and exported, computed again when outline or refinement changed. */
import type { DrawnInstance, Refinement } from '../../src-main/contract/drawn-instance.ts';
import { toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import type { Call } from './calls.ts';
import { isRefined, type Instance, type Result, type WorkDocument } from './document.ts';
import type { History } from './history.ts';
import { Observable, type Readable } from './observable.ts';

interface Refined {
  readonly instances: readonly Instance[];
  readonly refinement: Refinement;
  readonly shapes: readonly DrawnInstance[];
}

/** Result id to what was computed for it last. */
export type RefinedShapes = ReadonlyMap<string, Refined>;

export interface RefinementProblem {
  readonly resultId: string;
  readonly error: ErrorEnvelope;
}

export class ShapeRefiner {
  readonly #call: Call;
  readonly #history: History<WorkDocument>;
  readonly #shapes = new Observable<RefinedShapes>(new Map());
  readonly #problem = new Observable<RefinementProblem | null>(null);
  readonly #refused = new WeakSet<Refinement>();
  #inFlight: Promise<void> | null = null;

  constructor(call: Call, history: History<WorkDocument>) {
    this.#call = call;
    this.#history = history;
    history.value.subscribe(() => this.#start());
  }

  get shapes(): Readable<RefinedShapes> {
    return this.#shapes;
  }

  get problem(): Readable<RefinementProblem | null> {
    return this.#problem;
  }

  /** Resolves when every preview is that of the present document. */
  async settled(): Promise<void> {
    while (this.#inFlight !== null) {
      await this.#inFlight;
    }
  }

  #start(): void {
    if (this.#inFlight === null) {
      const next = this.#nextOutdated();
      if (next !== null) {
        this.#inFlight = this.#refine(next).finally(() => {
          this.#inFlight = null;
          this.#start();
        });
      }
    }
  }

  async #refine(result: Result & { rasterPath: string }): Promise<void> {
    const { id, rasterPath, instances, refinement } = result;
    try {
      const shapes = await this.#call('shape.refine', {
        rasterPath,
        instances: instances.map(drawnOnly),
        refinement,
      });
      this.#problem.set(null);
      this.#shapes.update((known) => new Map(known).set(id, { instances, refinement, shapes }));
    } catch (thrown) {
      this.#refused.add(refinement);
      this.#problem.set({ resultId: id, error: toThink2SegError(thrown).toEnvelope() });
    }
  }

  #nextOutdated(): (Result & { rasterPath: string }) | null {
    const { rasters, results } = this.#history.value.get();
    for (const result of results) {
      const known = this.#shapes.get().get(result.id);
      const isCurrent = known?.instances === result.instances && known.refinement === result.refinement;
      const raster = rasters.find(({ id }) => id === result.rasterId);
      if (isRefined(result.refinement) && !isCurrent && !this.#refused.has(result.refinement) && raster !== undefined) {
        return { ...result, rasterPath: raster.path };
      }
    }
    return null;
  }
}

/** What crosses to the engine: geometry and measures, without what only this document knows. */
export function drawnOnly({ promptScenePx, polygonsMap, score, areaM2, perimeterM }: DrawnInstance): DrawnInstance {
  return { promptScenePx, polygonsMap, score, areaM2, perimeterM };
}

/** What was put together last for a result, which is asked for at every change of any other. */
const lastShown = new WeakMap<Result, { refined: Refined; instances: readonly Instance[] }>();

/** The instances of a result as they are shown: refined where that has been computed, else as they were outlined. */
export function shownInstances(result: Result, shapes: RefinedShapes): readonly Instance[] {
  const refined = shapes.get(result.id);
  if (!isRefined(result.refinement) || refined === undefined) {
    return result.instances;
  }
  const last = lastShown.get(result);
  if (last?.refined === refined) {
    return last.instances;
  }
  const instances = withShapes(result, refined);
  lastShown.set(result, { refined, instances });
  return instances;
}

function withShapes(result: Result, refined: Refined): readonly Instance[] {
  const indexOf = new Map(refined.instances.map((instance, index) => [instance.id, index]));
  return result.instances.map((instance) => {
    const index = indexOf.get(instance.id);
    const shape = index === undefined ? undefined : refined.shapes[index];
    return shape === undefined
      ? instance
      : { ...instance, polygonsMap: shape.polygonsMap, areaM2: shape.areaM2, perimeterM: shape.perimeterM };
  });
}
