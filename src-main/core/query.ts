/**
 * The main job: a raster and a question go in, georeferenced polygons with their reasoning come out. The only place that orders
 * the steps; each step is a function or a port that knows nothing of the others.
 */
import { createHash } from 'node:crypto';
import { Think2SegError } from '../contract/errors.ts';
import type { WindowPx } from '../contract/geo.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { Prompt } from '../contract/prompt.ts';
import type { SegmentInput } from '../contract/routes.ts';
import type { RunRecord } from '../contract/run-record.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import type { FeatureWriter, RasterReader, RasterSource, Reasoner, RgbImage, Segmenter } from './ports.ts';
import type { PlacedMask } from './query/instance-masks.ts';
import { readModelView, type ModelView } from './query/model-view.ts';
import { outlineInstances, type OutlinedInstance } from './query/outline.ts';
import { clipShape, promptToScene, type PromptFrame } from './query/prompt-frames.ts';
import { segmentNative, type ClippedPrompt } from './query/segment-native.ts';
import { segmentReference } from './query/segment-reference.ts';
import { Stopwatch } from './query/stopwatch.ts';
import { resolveTarget, windowTransform } from './query/target-window.ts';
import { checkOutputs, writeOutputs } from './query/write-outputs.ts';
import { isOnEarth } from './crs/earth.ts';
import { sha256OfFile } from './files/sha256.ts';
import { chooseRgbBands } from './raster/rgb-bands.ts';
import { boundsOf } from './raster/scene-description.ts';
import { parseAnswer, type AnswerSchema } from './reason/parse-answer.ts';

export interface QueryPorts {
  readonly rasters: RasterReader;
  readonly writer: FeatureWriter;
  /** Called only when a question must be answered: prompts given by hand need no language model. */
  loadReasoner: (signal: AbortSignal) => Promise<Reasoner>;
  /** Called only when there is something to segment. */
  loadSegmenter: (signal: AbortSignal) => Promise<Segmenter>;
}

/** What the caller knows of the program and the pack; goes into the run record. */
export interface QueryContext {
  readonly application: RunRecord['application'];
  readonly pack: RunRecord['pack'];
  /** Size of the image the language model sees; its prompts are in these pixels. */
  readonly frame: PromptFrame;
  /** How many points the pack's model writes for one instance. */
  readonly answerSchema: AnswerSchema;
  /** Why a better provider did not run, once models are loaded. */
  providerNote: () => string | undefined;
}

interface PlacedPrompts {
  readonly source: RunRecord['promptSource'];
  readonly prompts: Prompt[];
  readonly frame: PromptFrame;
  readonly reasoning: string | null;
  readonly rawAnswer: string | null;
  readonly reasonerProvider: Reasoner['provider'] | null;
}

interface StepOptions {
  readonly stopwatch: Stopwatch;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

function checkBands(bands: readonly number[], bandCount: number): void {
  const unknown = bands.find((band) => band < 1 || band > bandCount);
  if (unknown !== undefined) {
    throw new Think2SegError(
      'BAND_UNKNOWN',
      `band ${unknown} was asked for, the scene has bands 1 to ${bandCount}; choose others with --bands`,
    );
  }
}

/** One band is shown as grey. */
function asRgb(bands: readonly number[]): readonly number[] {
  const [first = 1] = bands;
  return bands.length === 1 ? [first, first, first] : bands;
}

async function askModel(
  ports: QueryPorts,
  question: string,
  image: RgbImage,
  { stopwatch, signal, onProgress }: StepOptions,
): Promise<{ text: string; provider: Reasoner['provider'] }> {
  onProgress({ stage: 'loading' });
  const reasoner = await stopwatch.time('loadLvlm', () => ports.loadReasoner(signal));
  const imageKey = createHash('sha256').update(`${image.width}x${image.height}`).update(image.data).digest('hex');
  const answer = await reasoner.reason({ imageModel: image, imageKey, question }, { signal, onProgress });
  for (const part of ['preprocess', 'vision', 'prefill', 'decode'] as const) {
    stopwatch.add(part, answer.timingsMs[part]);
  }
  if (answer.stopReason === 'length') {
    throw new Think2SegError(
      'ANSWER_MALFORMED',
      `the answer did not end within ${answer.newTokens} tokens; ask more simply or use another pack`,
      { detail: answer.text },
    );
  }
  return { text: answer.text, provider: reasoner.provider };
}

async function placePrompts(
  ports: QueryPorts,
  input: SegmentInput,
  context: QueryContext,
  view: ModelView,
  windowPx: WindowPx,
  options: StepOptions,
): Promise<PlacedPrompts> {
  if (input.promptSource.kind === 'prompts') {
    return {
      source: 'prompts-file',
      prompts: input.promptSource.promptsWindowPx,
      frame: windowPx,
      reasoning: null,
      rawAnswer: null,
      reasonerProvider: null,
    };
  }
  const answer =
    input.promptSource.kind === 'answer'
      ? { text: input.promptSource.text, provider: null }
      : await askModel(ports, input.question, view.imageModel, options);
  options.onProgress({ stage: 'placing' });
  const parsed = await options.stopwatch.time('parse', () => parseAnswer(answer.text, context.answerSchema));
  return {
    source: input.promptSource.kind === 'answer' ? 'answer-file' : 'model',
    prompts: parsed.prompts,
    frame: context.frame,
    reasoning: parsed.reasoning,
    rawAnswer: answer.text,
    reasonerProvider: answer.provider,
  };
}

function clipPrompts(placed: PlacedPrompts, windowPx: WindowPx, warnings: string[]): ClippedPrompt[] {
  return placed.prompts.flatMap((prompt, index) => {
    const shapeScenePx = clipShape(promptToScene(prompt, placed.frame, windowPx), windowPx);
    if (shapeScenePx === null) {
      warnings.push(`prompt ${index + 1} has no area inside the window and was left out`);
      return [];
    }
    return [{ prompt, shapeScenePx }];
  });
}

/**
 * Runs one query. Outputs appear complete or not at all.
 *
 * @throws Think2SegError with the code of whatever went wrong; CANCELLED when the signal was aborted.
 */
export async function runQuery(
  ports: QueryPorts,
  input: SegmentInput,
  context: QueryContext,
  { signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress },
): Promise<SegmentResult> {
  const stopwatch = new Stopwatch();
  // Whoever is told of progress may stop the query at that very moment.
  const report: OnProgress = (event) => {
    onProgress(event);
    signal.throwIfAborted();
  };
  await checkOutputs(input);
  report({ stage: 'reading' });
  const source = await stopwatch.time('open', () => ports.rasters.open(input.rasterPath, signal));
  try {
    return await querySource(ports, source, input, context, { stopwatch, signal, onProgress: report });
  } finally {
    await source.close();
  }
}

async function querySource(
  ports: QueryPorts,
  source: RasterSource,
  input: SegmentInput,
  context: QueryContext,
  options: StepOptions,
): Promise<SegmentResult> {
  const { stopwatch, signal, onProgress } = options;
  const { info, crs, transform } = source;
  const warnings = [...info.warnings];
  const { windowPx, warning } = resolveTarget(input.target, { width: info.width, height: info.height, transform });
  if (warning !== undefined) {
    warnings.push(warning);
  }
  const bands = input.bands === null ? chooseRgbBands(info) : asRgb(input.bands);
  checkBands(bands, info.bands.length);
  const view = await stopwatch.time('read', () => readModelView(source, windowPx, bands, context.frame, signal));

  const placed = await placePrompts(ports, input, context, view, windowPx, options);
  const clipped = clipPrompts(placed, windowPx, warnings);

  let masks: PlacedMask[] = [];
  let segmenter: Segmenter | null = null;
  if (clipped.length > 0) {
    onProgress({ stage: 'segmenting', done: 0, total: clipped.length });
    segmenter = await stopwatch.time('loadSegmenter', () => ports.loadSegmenter(signal));
    if (segmenter.maskSource === 'best-of-three') {
      warnings.push('this pack has no single-mask output; the best of three masks was taken');
    }
    masks =
      input.mode === 'native'
        ? await segmentNative(source, windowPx, segmenter, clipped, { bands, stretch: view.stretch, ...options })
        : await segmentReference(view, windowPx, segmenter, clipped, options);
  }

  onProgress({ stage: 'outlining' });
  const outlined = await stopwatch.time('outline', () =>
    outlineInstances(masks, {
      connectivity: input.connectivity,
      simplifyPx: input.simplifyPx,
      minAreaM2: input.minAreaM2,
      transform,
      crs,
      question: input.question,
    }),
  );
  warnOfLostMasks(masks, outlined, warnings);
  if (crs === null) {
    warnings.push('the scene has no coordinate reference system: coordinates are its own, areas are not measured');
  } else if (crs.accuracyNote !== undefined) {
    warnings.push(crs.accuracyNote);
  }

  const note = context.providerNote();
  const provider = {
    lvlm: placed.reasonerProvider,
    segmenter: segmenter?.provider ?? null,
    ...(note === undefined ? {} : { note }),
  };
  const status = placed.prompts.length === 0 ? 'no-target' : 'ok';
  const scene = await stopwatch.time('digest', () => sha256OfFile(input.rasterPath, signal));
  const crsShown =
    crs === null ? null : { ...(crs.epsg === undefined ? {} : { epsg: crs.epsg }), name: crs.name, wkt: crs.wkt };
  const runRecord: RunRecord = {
    schema: 1,
    application: context.application,
    createdAt: new Date().toISOString(),
    question: input.question === '' ? null : input.question,
    status,
    promptSource: placed.source,
    reasoning: placed.reasoning,
    rawAnswer: placed.rawAnswer,
    prompts: placed.prompts,
    promptFrame: {
      name: placed.source === 'prompts-file' ? 'window-px' : 'model-frame-px',
      width: placed.frame.width,
      height: placed.frame.height,
    },
    scene: { path: input.rasterPath, ...scene, width: info.width, height: info.height, bands: [...bands] },
    windowPx,
    windowBoundsMap:
      transform === null ? null : boundsOf(windowTransform(transform, windowPx), windowPx.width, windowPx.height),
    transform,
    crs: crsShown,
    mode: input.mode,
    simplifyPx: input.simplifyPx,
    minAreaM2: input.minAreaM2,
    pack: context.pack,
    provider,
    timingsMs: stopwatch.report(),
    warnings,
  };
  const outputs = await stopwatch.time('write', () =>
    writeOutputs(ports.writer, { input, source, windowPx, bands, stretch: view.stretch, outlined, runRecord }, options),
  );
  return {
    schema: 1,
    status,
    prompts: placed.prompts,
    reasoning: placed.reasoning,
    features: outlined.length,
    areaM2:
      crs === null || !isOnEarth(crs) ? null : outlined.reduce((sum, { feature }) => sum + (feature.areaM2 ?? 0), 0),
    outputs,
    window: windowPx,
    crs: crsShown,
    mode: input.mode,
    pack: { id: context.pack.id, sha256: context.pack.sha256 },
    provider,
    timingsMs: stopwatch.report(),
    warnings,
  };
}

function warnOfLostMasks(
  masks: readonly PlacedMask[],
  outlined: readonly OutlinedInstance[],
  warnings: string[],
): void {
  const kept = new Set(outlined.map(({ placed }) => placed));
  const lost = masks.filter((mask) => !kept.has(mask)).length;
  if (lost > 0) {
    warnings.push(`${lost} of ${masks.length} prompts gave no polygon (empty mask, nodata, or below the minimum area)`);
  }
}
