/** One sample through the pipeline and against its target. */
import { Think2SegError } from '../../contract/errors.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import type { QueryContext, StepOptions } from '../query/query-ports.ts';
import { readSceneView } from '../query/scene-view.ts';
import { chooseQuestion } from './choose.ts';
import { centralBox, countPixels, scoreMask, type AnsweredMask, type Overlap } from './overlap.ts';
import { comparisonGrid, maskOfPrompts, placeAnswer, type EvaluationPorts } from './predict.ts';
import { readTarget } from './read-target.ts';
import type { SampleRow } from './sample-row.ts';
import type { Sample } from './sample.ts';
import type { Variant } from './study.ts';

export interface SampleSettings {
  readonly mode: SegmentMode;
  readonly seed: number;
  readonly variants: readonly Variant[];
}

/** @throws with exit status 3 when the files of the sample are at fault, otherwise when models are. */
export async function evaluateSample(
  ports: EvaluationPorts,
  sample: Sample,
  { mode, seed, variants }: SampleSettings,
  context: QueryContext,
  options: StepOptions,
): Promise<SampleRow> {
  const startMs = performance.now();
  const question = chooseQuestion(sample, seed);
  const source = await ports.rasters.open(sample.imagePath, options.signal);
  try {
    // Variants of a study look at the same crops again.
    const keptCrops = variants.length === 0 ? 0 : 8;
    const view = await readSceneView(
      source,
      { target: { kind: 'scene' }, bands: null },
      { ...context, keptCrops },
      options,
    );
    const grid = comparisonGrid(view, mode, context);
    const target = await readTarget(ports.rasters, sample.target, view.windowPx, grid, options.signal);
    const answer = await placeAnswer(ports, view, question, { kind: 'model' }, context, options);
    const unparsed: AnsweredMask = { mask: null, isEmpty: false };
    const answered = answer.valid ? await maskOfPrompts(ports, view, answer.prompts, mode, context, options) : unparsed;
    const ms = performance.now() - startMs;
    const scoreVariant = async ({ change, loadSegmenter }: Variant): Promise<Overlap | null> => {
      if (!answer.valid) {
        return scoreMask(unparsed, target);
      }
      const variantPorts = loadSegmenter === null ? ports : { ...ports, loadSegmenter };
      const mask = await maskOrNull(() =>
        maskOfPrompts(variantPorts, view, change(answer.prompts), mode, context, options),
      );
      return mask === null ? null : scoreMask(mask, target);
    };
    const scored: [string, Overlap | null][] = [];
    for (const variant of variants) {
      scored.push([variant.name, await scoreVariant(variant)]);
    }
    return {
      id: sample.id,
      question,
      class: sample.className,
      relation: sample.relation,
      gridWidth: grid.width,
      gridHeight: grid.height,
      targetPx: countPixels(target),
      answer: answer.text,
      valid: answer.valid,
      prompts: [...answer.prompts],
      overlap: scoreMask(answered, target),
      centralBox: scoreMask({ mask: centralBox(grid.width, grid.height), isEmpty: false }, target),
      variants: Object.fromEntries(scored),
      ms: Math.round(ms * 10) / 10,
    };
  } finally {
    await source.close();
  }
}

/** Null where the segmenter cannot take prompts of this kind, such as points without a box. */
async function maskOrNull(make: () => Promise<AnsweredMask>): Promise<AnsweredMask | null> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Think2SegError && error.code === 'PROMPTS_INVALID') {
      return null;
    }
    throw error;
  }
}
