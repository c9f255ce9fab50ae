/** The product's own steps from a picture to one mask: ask, parse, segment, unite. */
import { Think2SegError } from '../../contract/errors.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RasterReader } from '../ports.ts';
import { labelGrid } from '../query/label-grid.ts';
import { placePrompts } from '../query/place-prompts.ts';
import { clipPrompts, promptToScene } from '../query/prompt-frames.ts';
import type { ModelPorts, QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { segmentPrompts } from '../query/segment-prompts.ts';
import type { AnsweredMask } from './overlap.ts';

/** What an evaluation works through; it digests no files. */
export interface EvaluationPorts extends Pick<ModelPorts, 'loadReasoner' | 'loadSegmenter'> {
  readonly rasters: RasterReader;
}

export interface PlacedAnswer {
  readonly text: string;
  /** False when the answer could not be parsed; there are no prompts then. */
  readonly valid: boolean;
  /** In model-frame pixels. */
  readonly prompts: readonly Prompt[];
  readonly reasoning: string | null;
}

/** Asks the model, or reads an answer it gave before. A malformed answer is a result here, not an error. */
export async function placeAnswer(
  ports: Pick<ModelPorts, 'loadReasoner'>,
  view: SceneView,
  question: string,
  promptSource: SegmentInput['promptSource'],
  context: Pick<QueryContext, 'frame' | 'answerSchema'>,
  options: StepOptions,
): Promise<PlacedAnswer> {
  try {
    const placed = await placePrompts(ports, view, { question, promptSource }, context, options);
    return { text: placed.rawAnswer ?? '', valid: true, prompts: placed.prompts, reasoning: placed.reasoning };
  } catch (error) {
    if (error instanceof Think2SegError && error.code === 'ANSWER_MALFORMED') {
      return { text: error.detail ?? '', valid: false, prompts: [], reasoning: null };
    }
    throw error;
  }
}

/** Where masks are compared: the model frame in reference mode, the image's own pixels in native mode. */
export function comparisonGrid(
  view: SceneView,
  mode: SegmentMode,
  { frame }: Pick<QueryContext, 'frame'>,
): { width: number; height: number } {
  return mode === 'reference' ? frame : view.windowPx;
}

/** The union of the masks of all prompts on the comparison grid. */
export async function maskOfPrompts(
  ports: Pick<ModelPorts, 'loadSegmenter'>,
  view: SceneView,
  prompts: readonly Prompt[],
  mode: SegmentMode,
  context: Pick<QueryContext, 'frame'>,
  options: StepOptions,
): Promise<AnsweredMask> {
  const shapesScenePx = prompts.map((prompt) => promptToScene(prompt, context.frame, view.windowPx));
  const clipped = clipPrompts(prompts, shapesScenePx, view.windowPx);
  const { masks } = await segmentPrompts(ports, view, clipped, { mode, cropChoice: 'planned' }, options);
  if (masks.length === 0) {
    return { mask: null, isEmpty: prompts.length === 0 };
  }
  const { width, height } = comparisonGrid(view, mode, context);
  const united = new Uint8Array(width * height);
  if (mode === 'reference') {
    for (const { mask } of masks) {
      for (let index = 0; index < united.length; index++) {
        united[index]! |= mask[index]!;
      }
    }
  } else {
    const labels = labelGrid(
      masks.map((mask, index) => ({ ...mask, instance: index + 1 })),
      view.windowPx,
    );
    labels.forEach((label, index) => {
      united[index] = label > 0 ? 1 : 0;
    });
  }
  return { mask: united, isEmpty: false };
}
