/** Live previews of refinements: outlines as they are shown and exported, computed again when outline or refinement changed. */
import type { DrawnInstance, Refinement } from '../../src-main/contract/drawn-instance.ts';
import { Think2SegError, toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import type { Call } from './calls.ts';
import { isRefined, type Instance, type Result, type WorkDocument } from './document.ts';
import type { History } from './history.ts';
import { Observable, type Readable } from './observable.ts';

/** What a refinement is computed from: another one of them is another refinement. */
interface Asked {
  readonly rasterPath: string;
  readonly instances: readonly Instance[];
  readonly refinement: Refinement;
}

interface Refined extends Asked {
  readonly shapes: readonly DrawnInstance[];
}

interface Refusal extends Asked {
  readonly error: ErrorEnvelope;
}

/** Result id to what was computed for it last. */
export type RefinedShapes = ReadonlyMap<string, Refined>;

/** Result id to why the last refinement of it could not be computed. */
export type RefinementProblems = ReadonlyMap<string, Refusal>;

export class ShapeRefiner {
  readonly #call: Call;
  readonly #history: History<WorkDocument>;
  readonly #shapes = new Observable<RefinedShapes>(new Map());
  readonly #problems = new Observable<RefinementProblems>(new Map());
  /** What an engine died over: one crash may have had another cause, so it is asked once more. */
  readonly #lostOnce = new Map<string, Asked>();
  #inFlight: Promise<void> | null = null;

  constructor(call: Call, history: History<WorkDocument>) {
    this.#call = call;
    this.#history = history;
    history.value.subscribe(() => this.#start());
  }

  get shapes(): Readable<RefinedShapes> {
    return this.#shapes;
  }

  get problems(): Readable<RefinementProblems> {
    return this.#problems;
  }

  /** Resolves when every preview is that of the present document, but for refused ones. */
  async settled(): Promise<void> {
    while (this.#inFlight !== null) {
      await this.#inFlight;
    }
  }

  /** @throws Think2SegError when one of the results is not shown as its refinement makes it of its present outlines. */
  assertRefined(results: readonly Result[]): void {
    for (const result of results) {
      const asked = this.#askedOf(result);
      if (asked !== null && !isSame(this.#shapes.get().get(result.id), asked)) {
        const { code, message } = this.#problems.get().get(result.id)?.error ?? {
          code: 'INTERNAL',
          message: 'it was not computed for the present outlines',
        };
        throw new Think2SegError(
          code,
          `the refinement of “${result.name}” failed: ${message}; change it, reset it or leave this result out`,
        );
      }
    }
  }

  #start(): void {
    if (this.#inFlight === null) {
      const next = this.#nextOutdated();
      if (next !== null) {
        this.#inFlight = this.#refine(next.resultId, next.asked).finally(() => {
          this.#inFlight = null;
          this.#start();
        });
      }
    }
  }

  async #refine(resultId: string, asked: Asked): Promise<void> {
    try {
      const shapes = await this.#call('shape.refine', { ...asked, instances: asked.instances.map(drawnOnly) });
      this.#shapes.update((known) => new Map(known).set(resultId, { ...asked, shapes }));
      this.#problems.update((known) => new Map([...known].filter(([id]) => id !== resultId)));
    } catch (thrown) {
      const error = toThink2SegError(thrown).toEnvelope();
      if (error.code === 'ENGINE_CRASHED' && !isSame(this.#lostOnce.get(resultId), asked)) {
        this.#lostOnce.set(resultId, asked);
      } else {
        this.#problems.update((known) => new Map(known).set(resultId, { ...asked, error }));
      }
    }
  }

  #nextOutdated(): { resultId: string; asked: Asked } | null {
    for (const result of this.#history.value.get().results) {
      const asked = this.#askedOf(result);
      if (asked !== null && !this.#isAnswered(result.id, asked)) {
        return { resultId: result.id, asked };
      }
    }
    return null;
  }

  #isAnswered(resultId: string, asked: Asked): boolean {
    return isSame(this.#shapes.get().get(resultId), asked) || isSame(this.#problems.get().get(resultId), asked);
  }

  /** Null where nothing is refined, or nothing is there to refine on. */
  #askedOf({ rasterId, instances, refinement }: Result): Asked | null {
    const raster = this.#history.value.get().rasters.find(({ id }) => id === rasterId);
    return raster === undefined || !isRefined(refinement) ? null : { rasterPath: raster.path, instances, refinement };
  }
}

function isSame(known: Asked | undefined, { rasterPath, instances, refinement }: Asked): boolean {
  return (
    known?.rasterPath === rasterPath &&
    known.refinement === refinement &&
    (known.instances === instances || haveSameOutlines(known.instances, instances))
  );
}

/** Whatever else of them changed, such as a verdict, or a prompt whose outline has yet to follow. */
function haveSameOutlines(some: readonly Instance[], others: readonly Instance[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, polygonsMap }, index) => id === others[index]?.id && polygonsMap === others[index].polygonsMap)
  );
}

/** What crosses to the engine: geometry and measures, without what only this document knows. */
export function drawnOnly({ promptScenePx, polygonsMap, score, areaM2, perimeterM }: DrawnInstance): DrawnInstance {
  return { promptScenePx, polygonsMap, score, areaM2, perimeterM };
}

/** What was put together last for a result, which is asked for at every change of any other. */
const lastShown = new WeakMap<Result, { refined: Refined; instances: readonly Instance[] }>();

/** The instances of a result as they are shown: refined where that was computed of the present outline, else as they were outlined. */
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
    const index = indexOf.get(instance.id) ?? -1;
    const shape = refined.shapes[index];
    // A verdict makes another instance of the same outline; another outline makes the shape one of elsewhere.
    return shape === undefined || refined.instances[index]?.polygonsMap !== instance.polygonsMap
      ? instance
      : { ...instance, polygonsMap: shape.polygonsMap, areaM2: shape.areaM2, perimeterM: shape.perimeterM };
  });
}
