/**
 * The steps from a question to outlined instances, on a view that has been read. Writes nothing: the same answer goes into files,
 * onto a map to be edited, or beside the answers of other windows.
 */
import type { ModelOptions } from '../../contract/model-options.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RasterSource } from '../ports.ts';
import type { PlacedMask } from './instance-masks.ts';
import { makeRunRecord } from './make-run-record.ts';
import { outlineInstances, type OutlinedInstance } from './outline.ts';
import { placePrompts } from './place-prompts.ts';
import { clipPrompts, promptToScene, type ClippedPrompt, type PromptShape } from './prompt-frames.ts';
import type { ModelPorts, QueryContext, StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';
import { segmentPrompts } from './segment-prompts.ts';

export type AnswerInput = Omit<
  SegmentInput,
  | 'target'
  | 'bands'
  | keyof ModelOptions
  | 'outputPaths'
  | 'maskPath'
  | 'overlayPath'
  | 'overlaySidePx'
  | 'scale'
  | 'overwrite'
  | 'scratchName'
>;

export interface QueryAnswer {
  /** One per prompt as it was parsed, before clipping. */
  readonly shapesScenePx: readonly PromptShape[];
  readonly outlined: readonly OutlinedInstance[];
  readonly runRecord: RunRecord;
}

export async function answerQuery(
  ports: ModelPorts,
  view: SceneView,
  input: AnswerInput,
  context: QueryContext,
  options: StepOptions,
): Promise<QueryAnswer> {
  const { stopwatch, onProgress } = options;
  const { source } = view;
  const { crs, transform } = source;
  const digested = startDigest(ports, input, options);
  const placed = await placePrompts(ports, view, input, context, options);
  const shapesScenePx = placed.prompts.map((prompt) => promptToScene(prompt, placed.frame, view.windowPx));
  const clipped = clipPrompts(placed.prompts, shapesScenePx, view.windowPx);
  const segmented = await segmentPrompts(ports, view, clipped, { mode: input.mode, cropChoice: 'planned' }, options);
  onProgress({ stage: 'outlining' });
  const outlined = await stopwatch.time('outline', () =>
    outlineInstances(segmented.masks, { ...input, transform, crs }),
  );
  const digest = await digested();
  const note = context.providerNote();
  const runRecord = makeRunRecord({
    input,
    context,
    view,
    placed,
    digest,
    provider: {
      lvlm: placed.reasonerProvider,
      segmenter: segmented.provider,
      ...(note === undefined ? {} : { note }),
    },
    timingsMs: stopwatch.report(),
    warnings: [
      ...source.info.warnings,
      ...(view.warning === undefined ? [] : [view.warning]),
      ...lostPrompts(placed.prompts.length, clipped),
      ...segmented.warnings,
      ...lostMasks(segmented.masks, outlined),
      ...crsWarnings(source),
    ],
  });
  return { shapesScenePx, outlined, runRecord };
}

/** A large file is read while the models run, unless its sum is known. A failure is that of whoever asks for the sum. */
function startDigest(
  ports: Pick<ModelPorts, 'digestFile'>,
  { rasterPath, rasterDigest }: Pick<AnswerInput, 'rasterPath' | 'rasterDigest'>,
  { stopwatch, signal }: StepOptions,
): () => ReturnType<ModelPorts['digestFile']> {
  if (rasterDigest !== undefined) {
    return () => Promise.resolve(rasterDigest);
  }
  const digesting = ports.digestFile(rasterPath, signal);
  digesting.catch(() => undefined);
  return () => stopwatch.time('digest', () => digesting);
}

function lostPrompts(count: number, clipped: readonly ClippedPrompt[]): string[] {
  const kept = new Set(clipped.map(({ index }) => index));
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => !kept.has(index))
    .map((index) => `prompt ${index + 1} has no area inside the window and was left out`);
}

function lostMasks(masks: readonly PlacedMask[], outlined: readonly OutlinedInstance[]): string[] {
  const lost = masks.length - outlined.length;
  return lost === 0
    ? []
    : [`${lost} of ${masks.length} prompts gave no polygon (empty mask, nodata, or below the minimum area)`];
}

/** What the coordinate reference system of a scene does to coordinates and areas. */
export function crsWarnings({ crs }: Pick<RasterSource, 'crs'>): string[] {
  if (crs === null) {
    return ['the scene has no coordinate reference system: coordinates are its own, areas are not measured'];
  }
  return crs.accuracyNote === undefined ? [] : [crs.accuracyNote];
}
