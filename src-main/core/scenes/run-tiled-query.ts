/** A question asked of every part of a scene at one ground resolution. What is held in memory are a few tiles and the polygons found. */
import { createHash } from 'node:crypto';
import { Think2SegError } from '../../contract/errors.ts';
import type { ProviderUse } from '../../contract/provider.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RunRecord, ScaleRecord } from '../../contract/run-record.ts';
import { groundScale } from '../crs/ground-scale.ts';
import type { RasterSource } from '../ports.ts';
import { makeRunRecord } from '../query/make-run-record.ts';
import { outlineInstances, type OutlinedInstance } from '../query/outline.ts';
import type { QueryContext, QueryPorts, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { answerTile, readTile, type TileScene } from './answer-tile.ts';
import { TileMerger, type SceneInstance } from './merge-tiles.ts';
import { planTiles, type Tile, type TilePlan } from './plan-tiles.ts';
import { gridOfRuns } from './run-length-mask.ts';
import type { SkipReason } from './skip-tile.ts';
import type { TileAnswer } from './tile-answer.ts';
import { noJournal, openTileJournal, type TileJournal } from './tile-journal.ts';
import { runPipeline } from './tile-pipeline.ts';

/** Neighbouring tiles reach into each other by this share of a tile unless the user says otherwise. */
const defaultOverlapShare = 0.25;
/** Tiles that are read while another is looked at. */
const tilesAhead = 3;
/** Parts of a polygon below this many pixels are the frayed edges of merged masks. */
const leastPartPx = 4;
const reasoningsKept = 20;

export type ScaleOptions = NonNullable<SegmentInput['scale']>;

/** Scene pixels to a pixel of the picture that the model sees. @throws USAGE */
function scenePxPerModelPx(
  source: RasterSource,
  view: Pick<SceneView, 'windowPx'>,
  gsdM: number | null,
): [number, number] {
  if (gsdM === null) {
    return [1, 1];
  }
  const { transform, crs } = source;
  const { x, y, width, height } = view.windowPx;
  const [a, b, c, d, e, f] = transform ?? [1, 0, 0, 0, 1, 0];
  const middle = [x + width / 2, y + height / 2] as const;
  const scale =
    transform === null
      ? null
      : groundScale(crs, [a * middle[0] + b * middle[1] + c, d * middle[0] + e * middle[1] + f]);
  if (scale === null) {
    throw new Think2SegError(
      'USAGE',
      '--gsd was given but the scene has no place on the Earth; leave it out to use its pixels',
    );
  }
  const pixelXM = Math.hypot(a * scale.xM, d * scale.yM);
  const pixelYM = Math.hypot(b * scale.xM, e * scale.yM);
  return [gsdM / pixelXM, gsdM / pixelYM];
}

export function planScene(
  source: RasterSource,
  view: Pick<SceneView, 'windowPx'>,
  frame: QueryContext['frame'],
  scale: ScaleOptions,
): TilePlan {
  const overlapModelPx = scale.overlapPx ?? Math.round(Math.min(frame.width, frame.height) * defaultOverlapShare);
  if (overlapModelPx > Math.min(frame.width, frame.height) * 0.75) {
    throw new Think2SegError(
      'USAGE',
      `--overlap got ${overlapModelPx}, expected at most three quarters of the ${frame.width} x ${frame.height} picture of a tile`,
    );
  }
  return planTiles(view.windowPx, {
    frame,
    scenePxPerModelPx: scenePxPerModelPx(source, view, scale.gsdM),
    overlapModelPx,
  });
}

export interface TiledAnswer {
  readonly outlined: readonly OutlinedInstance[];
  readonly runRecord: RunRecord;
  /** Removes the checkpoints; called once the outputs are written. */
  finish: () => Promise<void>;
}

/** @param view the whole target: its stretch serves every tile. */
export async function answerTiles(
  ports: QueryPorts,
  view: SceneView,
  plan: TilePlan,
  reason: string,
  input: SegmentInput,
  context: QueryContext,
  options: StepOptions,
): Promise<TiledAnswer> {
  const digest =
    input.rasterDigest ??
    (await options.stopwatch.time('digest', () => ports.digestFile(input.rasterPath, options.signal)));
  const [firstOutput] = input.outputPaths;
  const journal =
    firstOutput === undefined
      ? noJournal()
      : await openTileJournal(firstOutput, workKey(digest.sha256, plan, input, context));
  try {
    const work = new TiledWork(ports, view, plan, input, context, options, journal);
    await work.run();
    const runRecord = work.runRecord(digest, reason);
    return { outlined: work.outlined, runRecord, finish: () => journal.close(true) };
  } catch (thrown) {
    await journal.close(false);
    throw thrown;
  }
}

type TileRead = SceneView | SkipReason;

function isAnswer(read: TileRead | TileAnswer): read is TileAnswer {
  return typeof read !== 'string' && 'state' in read;
}

function workKey(sceneSha256: string, plan: TilePlan, input: SegmentInput, context: QueryContext): string {
  const parts = [
    sceneSha256,
    plan.tiles.length,
    plan.tiles[0]?.windowPx,
    plan.tiles.at(-1)?.windowPx,
    input.question,
    input.bands,
    input.mode,
    context.pack.sha256,
    context.application.version,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

class TiledWork {
  readonly outlined: OutlinedInstance[] = [];
  readonly #ports: QueryPorts;
  readonly #view: SceneView;
  readonly #scene: TileScene;
  readonly #plan: TilePlan;
  readonly #input: SegmentInput;
  readonly #context: QueryContext;
  readonly #options: StepOptions;
  readonly #journal: TileJournal;
  readonly #merger: TileMerger;
  readonly #row: { tile: Tile; instances: Extract<TileAnswer, { state: 'answered' }>['instances'] }[] = [];
  readonly #counts = { answered: 0, nodata: 0, uniform: 0, white: 0, failed: 0 };
  readonly #reasonings = new Map<string, number>();
  #provider: ProviderUse = { lvlm: null, segmenter: null };
  #partsFound = 0;

  constructor(
    ports: QueryPorts,
    view: SceneView,
    plan: TilePlan,
    input: SegmentInput,
    context: QueryContext,
    options: StepOptions,
    journal: TileJournal,
  ) {
    this.#ports = ports;
    this.#view = view;
    this.#scene = { source: view.source, bands: view.bands, stretch: view.model.stretch, targetPx: view.windowPx };
    this.#plan = plan;
    this.#input = input;
    this.#context = context;
    this.#options = options;
    this.#journal = journal;
    this.#merger = new TileMerger(plan);
  }

  async run(): Promise<void> {
    const { tiles } = this.#plan;
    // Tiles report that they are done; what the models do inside of one would only flicker.
    const tileOptions: StepOptions = { ...this.#options, onProgress: (event) => this.#passNotes(event) };
    await runPipeline(tiles, tilesAhead, {
      read: async (tile): Promise<TileRead | TileAnswer> =>
        this.#journal.known.get(tile.index) ?? (await readTile(this.#scene, tile, this.#context.frame, tileOptions)),
      answer: async (tile, read): Promise<TileAnswer> => {
        if (isAnswer(read)) {
          return read;
        }
        this.#options.signal.throwIfAborted();
        const answer = await this.#answer(tile, read, tileOptions);
        await this.#journal.append(answer);
        return answer;
      },
      take: (tile, answer) => {
        this.#take(tile, answer);
        this.#options.onProgress({ stage: 'segmenting', done: tile.index + 1, total: tiles.length });
        return Promise.resolve();
      },
    });
    if (this.#counts.answered === 0 && this.#counts.failed > 0) {
      throw new Think2SegError(
        'ANSWER_MALFORMED',
        `none of ${this.#counts.failed} tiles gave an answer that could be understood; ask more simply or use another pack`,
      );
    }
  }

  async #answer(tile: Tile, read: TileRead, options: StepOptions): Promise<TileAnswer> {
    if (typeof read === 'string') {
      return { tile: tile.index, state: 'skipped', reason: read };
    }
    const { answer, provider } = await answerTile(
      this.#ports,
      read,
      this.#scene,
      tile,
      this.#input,
      this.#context,
      options,
    );
    this.#provider = {
      lvlm: provider.lvlm ?? this.#provider.lvlm,
      segmenter: provider.segmenter ?? this.#provider.segmenter,
    };
    return answer;
  }

  #passNotes({ note, stage }: Parameters<StepOptions['onProgress']>[0]): void {
    this.#options.signal.throwIfAborted();
    if (note !== undefined) {
      this.#options.onProgress({ stage, note });
    }
  }

  #take(tile: Tile, answer: TileAnswer): void {
    this.#counts[answer.state === 'skipped' ? answer.reason : answer.state]++;
    if (answer.state === 'answered') {
      this.#reasonings.set(answer.reasoning, (this.#reasonings.get(answer.reasoning) ?? 0) + 1);
      this.#partsFound += answer.instances.length;
    }
    this.#row.push({ tile, instances: answer.state === 'answered' ? answer.instances : [] });
    if (tile.column === this.#plan.columns - 1) {
      for (const instance of this.#merger.addRow(this.#row.splice(0))) {
        this.#outline(instance);
      }
    }
  }

  #outline({ runs, score, promptScenePx, boxScenePx }: SceneInstance): void {
    const { transform, crs } = this.#view.source;
    const index = this.outlined.length;
    const grid = gridOfRuns(runs);
    const shapeScenePx = { box: boxScenePx, positivePoints: promptScenePx.positive_points ?? [], negativePoints: [] };
    const [outlined] = outlineInstances([{ ...grid, index, shapeScenePx, prompt: promptScenePx, score }], {
      ...this.#input,
      leastPartPx,
      transform,
      crs,
    });
    if (outlined !== undefined) {
      // Only a mask file needs the pixels again.
      const placed = this.#input.maskPath === null ? { ...outlined.placed, mask: new Uint8Array(0) } : outlined.placed;
      this.outlined.push({ ...outlined, placed, feature: { ...outlined.feature, instance: index + 1 } });
    }
  }

  runRecord(digest: { bytes: number; sha256: string }, reason: string): RunRecord {
    const { source, windowPx } = this.#view;
    const [tile] = this.#plan.tiles;
    const note = this.#context.providerNote();
    const { answered, failed, ...skipped } = this.#counts;
    const scale: ScaleRecord = {
      name: 'tiles',
      reason,
      tiles: this.#plan.tiles.length,
      tileSizePx: { width: tile?.windowPx.width ?? 0, height: tile?.windowPx.height ?? 0 },
      answered,
      failed,
      skipped,
      partsFound: this.#partsFound,
    };
    const record = makeRunRecord({
      input: this.#input,
      context: this.#context,
      view: this.#view,
      placed: {
        source: 'model',
        prompts: this.outlined.flatMap(({ feature }) => feature.prompt ?? []),
        frame: { width: source.info.width, height: source.info.height },
        reasoning: this.#reasoningText(),
        rawAnswer: null,
        reasonerProvider: null,
      },
      digest,
      provider: { ...this.#provider, ...(note === undefined ? {} : { note }) },
      timingsMs: this.#options.stopwatch.report(),
      warnings: [
        ...source.info.warnings,
        ...(this.#view.warning === undefined ? [] : [this.#view.warning]),
        ...(failed === 0
          ? []
          : [`${failed} of ${this.#plan.tiles.length} tiles gave no answer that could be understood`]),
        ...(source.crs === null
          ? ['the scene has no coordinate reference system: coordinates are its own, areas are not measured']
          : []),
      ],
    });
    return { ...record, windowPx, promptFrame: { ...record.promptFrame, name: 'scene-px' }, scale };
  }

  /** What was said most often, with how many tiles it was said of. */
  #reasoningText(): string {
    return [...this.#reasonings]
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .slice(0, reasoningsKept)
      .map(([text, count]) => `${count} ${count === 1 ? 'tile' : 'tiles'}: ${text}`)
      .join('\n');
  }
}
