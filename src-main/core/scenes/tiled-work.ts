/** The tiles of one scene at work: read ahead, answered side by side where there are models to do so, their objects joined, made whole and outlined row by row. */
import { Think2SegError } from '../../contract/errors.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import { outlineInstances, type OutlinedInstance } from '../query/outline.ts';
import type { ModelLoaders, QueryContext, QueryPorts, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { answerTile } from './answer-tile.ts';
import { completeObject, mostTilesLong } from './complete-object.ts';
import { LanePool } from './lane-pool.ts';
import { TileMerger, type SeenObject } from './merge-tiles.ts';
import type { Tile, TilePlan } from './plan-tiles.ts';
import { readTile, type TileScene } from './read-tile.ts';
import { gridOfRuns } from './run-length-mask.ts';
import { SceneObjects, type SceneObject } from './scene-objects.ts';
import type { SkipReason } from './skip-tile.ts';
import type { TileAnswer, TileInstance } from './tile-answer.ts';
import { objectKey, type TileJournal } from './tile-journal.ts';
import { runPipeline } from './tile-pipeline.ts';
import { TileTally } from './tile-tally.ts';

/** For each that is looked at one tile is read, so that no model waits, and one may have to wait for an earlier one to be taken. */
const tilesPerCaller = 3;
/** Parts of a polygon below this many pixels are the frayed edges of merged masks. */
const leastPartPx = 4;

export interface TiledInput {
  readonly ports: QueryPorts;
  /** The whole target: its stretch serves every tile. */
  readonly view: SceneView;
  readonly plan: TilePlan;
  readonly input: SegmentInput;
  readonly context: QueryContext;
}

type TileRead = SceneView | SkipReason;

function isAnswer(read: TileRead | TileAnswer): read is TileAnswer {
  return typeof read !== 'string' && 'state' in read;
}

export class TiledWork {
  readonly outlined: OutlinedInstance[] = [];
  readonly tally = new TileTally();
  readonly #work: TiledInput;
  readonly #scene: TileScene;
  readonly #options: StepOptions;
  readonly #journal: TileJournal;
  readonly #merger: TileMerger;
  readonly #objects: SceneObjects;
  /** The row that tiles are taken from, and what they named. */
  #row = 0;
  readonly #named: { tile: Tile; instances: readonly TileInstance[] }[] = [];
  /** The objects that ended in the row before, on their way out while the tiles of the next one are looked at. */
  #rowBefore: Promise<void> = Promise.resolve();

  constructor(work: TiledInput, options: StepOptions, journal: TileJournal) {
    const { view, plan } = work;
    this.#work = work;
    this.#scene = { source: view.source, bands: view.bands, stretch: view.model.stretch, targetPx: view.windowPx };
    // Tiles report that they are done; what the models do inside of one would only flicker.
    this.#options = {
      ...options,
      onProgress: ({ stage, note }) => {
        options.signal.throwIfAborted();
        if (note !== undefined) {
          options.onProgress({ stage, note });
        }
      },
    };
    this.#journal = journal;
    this.#merger = new TileMerger(plan);
    this.#objects = new SceneObjects((plan.tiles[0]?.windowPx.height ?? 0) * 2);
  }

  /** @throws Think2SegError ANSWER_MALFORMED when no tile gave an answer, and what the steps throw. */
  async run(onTile: (done: number) => void): Promise<void> {
    const { ports } = this.#work;
    const callers = (await ports.openLanes?.(this.#options.signal)) ?? [ports];
    const pool = new LanePool<ModelLoaders>(callers);
    try {
      await this.#runOn(pool, callers.length * tilesPerCaller, onTile);
    } finally {
      // After a failure too: the next scene finds the models idle.
      await pool.close();
    }
    if (this.tally.answered === 0 && this.tally.failed > 0) {
      throw new Think2SegError(
        'ANSWER_MALFORMED',
        `none of ${this.tally.failed} tiles gave an answer that could be understood; ask more simply or use another pack`,
      );
    }
  }

  async #runOn(pool: LanePool<ModelLoaders>, ahead: number, onTile: (done: number) => void): Promise<void> {
    const { plan, view, context } = this.#work;
    const windowsPx = plan.tiles.map(({ windowPx }) => windowPx);
    const isEmpty = await view.source.knownEmpty(windowsPx, view.bands);
    const tiles = plan.tiles.filter(({ index }) => isEmpty[index] === false);
    this.tally.addEmpty(plan.tiles.length - tiles.length);
    await runPipeline(tiles, ahead, {
      read: async (tile): Promise<TileRead | TileAnswer> =>
        this.#journal.known.get(tile.index) ??
        (await readTile(this.#scene, tile.windowPx, context.frame, this.#options)),
      answer: async (tile, read): Promise<TileAnswer> => {
        if (isAnswer(read)) {
          return read;
        }
        this.#options.signal.throwIfAborted();
        const answer = await this.#answer(tile, read, pool);
        await this.#journal.append(answer);
        return answer;
      },
      take: async (tile, answer) => {
        await this.#take(tile, answer, pool);
        onTile(tile.index + 1);
      },
    });
    await this.#endRowsBefore(plan.rows, pool);
    await this.#rowBefore;
    onTile(plan.tiles.length);
  }

  async #answer(tile: Tile, read: TileRead, pool: LanePool<ModelLoaders>): Promise<TileAnswer> {
    const { input, context } = this.#work;
    return typeof read === 'string'
      ? { tile: tile.index, state: 'skipped', reason: read }
      : pool.use((models) => answerTile(models, read, this.#scene, tile, input, context, this.#options));
  }

  async #take(tile: Tile, answer: TileAnswer, pool: LanePool<ModelLoaders>): Promise<void> {
    await this.#endRowsBefore(tile.row, pool);
    const newReasoning = this.tally.addTile(answer);
    if (newReasoning !== null) {
      const note = `tile ${tile.index + 1} of ${this.#work.plan.tiles.length}: ${newReasoning}`;
      this.#options.onProgress({ stage: 'segmenting', note });
    }
    this.#named.push({ tile, instances: answer.state === 'answered' ? answer.instances : [] });
  }

  /** Rows end one after another, also those in which nothing was to be seen. */
  async #endRowsBefore(row: number, pool: LanePool<ModelLoaders>): Promise<void> {
    const { columns, tiles } = this.#work.plan;
    for (; this.#row < row; this.#row++) {
      const seenObjects = this.#merger.addRow(this.#row, this.#named.splice(0));
      const nextTopPx = tiles[(this.#row + 1) * columns]?.windowPx.y ?? Infinity;
      await this.#rowBefore;
      this.#rowBefore = this.#finishRow(seenObjects, nextTopPx, pool);
      // A failure is met when the next row ends, not as an unhandled rejection before.
      this.#rowBefore.catch(() => undefined);
    }
  }

  async #finishRow(seenObjects: readonly SeenObject[], nextTopPx: number, pool: LanePool<ModelLoaders>): Promise<void> {
    for (const object of await Promise.all(seenObjects.map((seen) => this.#complete(seen, pool)))) {
      this.tally.addObject(object.origin, this.#objects.add(object));
    }
    for (const object of this.#objects.release(nextTopPx)) {
      this.#outline(object);
    }
  }

  /** What no tile saw whole is made whole by itself, once; an object of many tiles is sharper as all of its parts. */
  async #complete(seen: SeenObject, pool: LanePool<ModelLoaders>): Promise<SceneObject> {
    const { plan, view, input, context } = this.#work;
    const { runs, score, promptScenePx, boxScenePx, openSides, isWhole } = seen;
    const tileSizePx = plan.tiles[0]!.windowPx;
    const tilesLong = Math.max(
      (boxScenePx[2] - boxScenePx[0]) / tileSizePx.width,
      (boxScenePx[3] - boxScenePx[1]) / tileSizePx.height,
    );
    if (isWhole || (openSides.length === 0 && tilesLong > mostTilesLong)) {
      return { runs, score, promptScenePx, boxScenePx, origin: 'seen' };
    }
    const known = this.#journal.knownObjects.get(objectKey(seen.firstPart));
    const completed =
      known ??
      (await pool.use((models) =>
        completeObject(seen, { models, scene: this.#scene, view, input, context, tileSizePx }, this.#options),
      ));
    if (known === undefined) {
      await this.#journal.append(completed);
    }
    this.tally.addProvider(completed.provider);
    return completed.whole === null
      ? { runs, score, promptScenePx, boxScenePx, origin: openSides.length === 0 ? 'seen' : 'left-cut' }
      : { ...completed.whole, origin: 'completed' };
  }

  #outline({ runs, score, promptScenePx, boxScenePx }: SceneObject): void {
    const { view, input } = this.#work;
    const { transform, crs } = view.source;
    const index = this.outlined.length;
    const grid = gridOfRuns(runs);
    const shapeScenePx = { box: boxScenePx, positivePoints: promptScenePx.positive_points ?? [], negativePoints: [] };
    const [outlined] = outlineInstances([{ ...grid, index, shapeScenePx, prompt: promptScenePx, score }], {
      ...input,
      leastPartPx,
      transform,
      crs,
    });
    if (outlined !== undefined) {
      // Only a mask file needs the pixels again.
      const placed = input.maskPath === null ? { ...outlined.placed, mask: new Uint8Array(0) } : outlined.placed;
      this.outlined.push({ ...outlined, placed, feature: { ...outlined.feature, instance: index + 1 } });
    }
  }
}
