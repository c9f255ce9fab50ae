/** A question asked of every part of a scene at one ground resolution. What is held in memory are a few tiles and the polygons found. */
import { createHash } from 'node:crypto';
import type { RunRecord } from '../../contract/run-record.ts';
import { crsWarnings } from '../query/answer-query.ts';
import { makeRunRecord } from '../query/make-run-record.ts';
import type { OutlinedInstance } from '../query/outline.ts';
import type { StepOptions } from '../query/query-ports.ts';
import { comparingWord } from './choose-scale.ts';
import type { TilePlan } from './plan-tiles.ts';
import { noJournal, openTileJournal } from './tile-journal.ts';
import { TiledWork, type TiledInput } from './tiled-work.ts';

export interface TiledAnswer {
  readonly outlined: readonly OutlinedInstance[];
  readonly runRecord: RunRecord;
  /** Removes the checkpoints; called once the outputs are written. */
  finish: () => Promise<void>;
}

export async function answerTiles(tiled: TiledInput, reason: string, options: StepOptions): Promise<TiledAnswer> {
  const { ports, input, plan } = tiled;
  const digest =
    input.rasterDigest ??
    (await options.stopwatch.time('digest', () => ports.digestFile(input.rasterPath, options.signal)));
  const [firstOutput] = input.outputPaths;
  const journal =
    firstOutput === undefined ? noJournal() : await openTileJournal(firstOutput, workKey(digest.sha256, tiled));
  if (journal.damagedLine !== null) {
    const kept = `line ${journal.damagedLine} of the answers that an earlier run kept`;
    options.onProgress({ stage: 'reading', note: `${kept} is damaged; it and what follows is asked again` });
  }
  try {
    const work = new TiledWork(tiled, options, journal);
    await work.run(rarely((done) => options.onProgress({ stage: 'segmenting', done, total: plan.tiles.length })));
    const runRecord = tiledRecord(work, tiled, digest, reason, options);
    return { outlined: work.outlined, runRecord, finish: () => journal.close(true) };
  } catch (thrown) {
    await journal.close(false);
    throw thrown;
  }
}

const progressEveryMs = 50;

/** Thousands of tiles without anything to see pass in a second; nobody reads a message about each. */
function rarely(tell: (done: number) => void): (done: number) => void {
  let toldMs = -Infinity;
  return (done) => {
    const nowMs = performance.now();
    if (nowMs - toldMs >= progressEveryMs) {
      toldMs = nowMs;
      tell(done);
    }
  };
}

/** Changes with the form of the lines of a journal. */
const journalFormat = 3;

function workKey(sceneSha256: string, { plan, view, input, context }: TiledInput): string {
  const parts = [
    journalFormat,
    sceneSha256,
    plan.tiles.map(({ windowPx }) => windowPx),
    view.windowPx,
    input.question,
    view.bands,
    input.mode,
    context.pack.sha256,
    context.application.version,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Tiles know nothing of each other: a question for the largest has an answer in each. */
function comparisonWarnings(question: string, { tiles }: TilePlan): string[] {
  const word = comparingWord(question);
  return word === null || tiles.length === 1
    ? []
    : [
        `"${word}" compares across the whole place, but each tile was asked by itself: there may be an answer from each; --scale whole compares`,
      ];
}

function tiledRecord(
  { tally, outlined }: TiledWork,
  { view, plan, input, context }: TiledInput,
  digest: { bytes: number; sha256: string },
  reason: string,
  { stopwatch }: StepOptions,
): RunRecord {
  const { source, windowPx } = view;
  const note = context.providerNote();
  const record = makeRunRecord({
    input,
    context,
    view,
    placed: {
      source: 'model',
      prompts: outlined.flatMap(({ feature }) => feature.prompt ?? []),
      frame: { width: source.info.width, height: source.info.height },
      reasoning: tally.reasoning(),
      rawAnswer: null,
      reasonerProvider: null,
    },
    digest,
    provider: { ...tally.provider, ...(note === undefined ? {} : { note }) },
    timingsMs: stopwatch.report(),
    warnings: [
      ...source.info.warnings,
      ...(view.warning === undefined ? [] : [view.warning]),
      ...comparisonWarnings(input.question, plan),
      ...(tally.failed === 0
        ? []
        : [`${tally.failed} of ${plan.tiles.length} tiles gave no answer that could be understood`]),
      ...crsWarnings(source),
    ],
  });
  return {
    ...record,
    windowPx,
    promptFrame: { ...record.promptFrame, name: 'scene-px' },
    scale: tally.record(plan, reason),
  };
}
