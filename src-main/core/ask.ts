/** Questions whose answers are looked at and edited: nothing is written, and what was computed of a view serves the next call. */
import type { AskResult, ResegmentResult } from '../contract/ask.ts';
import type { WindowPx } from '../contract/geo.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { Prompt } from '../contract/prompt.ts';
import type { SegmentInput } from '../contract/routes.ts';
import type { RunRecord } from '../contract/run-record.ts';
import { answerQuery } from './query/answer-query.ts';
import { drawInstances } from './query/draw-instances.ts';
import { makeRunRecord } from './query/make-run-record.ts';
import { outlineInstances } from './query/outline.ts';
import { clipPrompts, promptOfShape, shapeOfPrompt, shapeToImage } from './query/prompt-frames.ts';
import type { ModelPorts, QueryContext } from './query/query-ports.ts';
import { segmentPrompts } from './query/segment-prompts.ts';
import { stepOptions } from './query/step-options.ts';
import type { ViewInput, ViewMemory } from './query/view-memory.ts';

export interface AskPorts extends ModelPorts {
  readonly views: ViewMemory;
}

interface Caller {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Every pixel edge of a mask is kept: simplifying is a later choice that needs no model. */
const exactOutline = { simplifyPx: 0, minAreaM2: 0 };

/** Asks the language model and segments what it points at. */
export async function askQuestion(
  ports: AskPorts,
  input: ViewInput & Pick<SegmentInput, 'question' | 'connectivity'>,
  context: QueryContext,
  caller: Caller,
): Promise<AskResult> {
  const options = stepOptions(caller);
  const view = await ports.views.view(input, context, options);
  const { shapesScenePx, outlined, runRecord } = await answerQuery(
    ports,
    view,
    { ...input, ...exactOutline, promptSource: { kind: 'model' } },
    context,
    options,
  );
  return {
    status: runRecord.status,
    instances: drawInstances(shapesScenePx, outlined),
    windowPx: view.windowPx,
    runRecord,
  };
}

/** Segments prompts that a person moved, added or drew. A prompt without an area in the window gives an instance without polygons. */
export async function resegment(
  ports: AskPorts,
  input: Omit<ViewInput, 'target'> &
    Pick<SegmentInput, 'connectivity'> & { readonly windowPx: WindowPx; readonly promptsScenePx: readonly Prompt[] },
  context: Pick<QueryContext, 'frame' | 'providerNote'>,
  caller: Caller,
): Promise<ResegmentResult> {
  const options = stepOptions(caller);
  const target = { kind: 'window', windowPx: input.windowPx } as const;
  const view = await ports.views.view({ ...input, target }, context, options);
  const shapesScenePx = input.promptsScenePx.map(shapeOfPrompt);
  const clipped = clipPrompts(input.promptsScenePx, shapesScenePx, view.windowPx);
  const { masks, provider } = await segmentPrompts(
    ports,
    view,
    clipped,
    { mode: input.mode, cropChoice: 'encoded-first' },
    options,
  );
  options.onProgress({ stage: 'outlining' });
  const { transform, crs } = view.source;
  const outlined = await options.stopwatch.time('outline', () =>
    outlineInstances(masks, { ...exactOutline, connectivity: input.connectivity, transform, crs, question: '' }),
  );
  const note = context.providerNote();
  return {
    instances: drawInstances(shapesScenePx, outlined),
    provider: { lvlm: null, segmenter: provider, ...(note === undefined ? {} : { note }) },
    timingsMs: options.stopwatch.report(),
  };
}

/** Provenance of objects that a person drew: the scene, the prompts in pixels of the window, the pack whose segmenter follows them. */
export async function recordHandWork(
  ports: AskPorts,
  input: Omit<ViewInput, 'target'> & { readonly windowPx: WindowPx; readonly promptsScenePx: readonly Prompt[] },
  context: QueryContext,
  caller: Caller,
): Promise<RunRecord> {
  const options = stepOptions(caller);
  const target = { kind: 'window', windowPx: input.windowPx } as const;
  const view = await ports.views.view({ ...input, target }, context, options);
  const digest = await options.stopwatch.time('digest', () => ports.digestFile(input.rasterPath, options.signal));
  const segmenter = await ports.loadSegmenter(options.signal);
  const note = context.providerNote();
  const prompts = input.promptsScenePx.map((prompt) =>
    promptOfShape(shapeToImage(shapeOfPrompt(prompt), view.windowPx, view.windowPx)),
  );
  return makeRunRecord({
    input: { ...input, ...exactOutline, question: '' },
    context,
    view,
    placed: {
      source: 'prompts-file',
      prompts,
      frame: view.windowPx,
      reasoning: null,
      rawAnswer: null,
      reasonerProvider: null,
    },
    digest,
    provider: { lvlm: null, segmenter: segmenter.provider, ...(note === undefined ? {} : { note }) },
    timingsMs: options.stopwatch.report(),
    warnings: [...view.source.info.warnings],
  });
}
