/** Prompts to masks, in either mode. */
import type { SegmentMode } from '../../contract/run-record.ts';
import type { Segmenter } from '../ports.ts';
import type { PlacedMask } from './instance-masks.ts';
import type { ClippedPrompt } from './prompt-frames.ts';
import type { ModelPorts, StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';
import { segmentNative, type CropChoice } from './segment-native.ts';
import { segmentReference } from './segment-reference.ts';

export interface SegmentedPrompts {
  /** One per prompt, same order. */
  readonly masks: readonly PlacedMask[];
  /** Null when there was nothing to segment. */
  readonly provider: Segmenter['provider'] | null;
  readonly warnings: readonly string[];
}

export async function segmentPrompts(
  ports: Pick<ModelPorts, 'loadSegmenter'>,
  view: SceneView,
  prompts: readonly ClippedPrompt[],
  { mode, cropChoice }: { mode: SegmentMode; cropChoice: CropChoice },
  options: StepOptions,
): Promise<SegmentedPrompts> {
  if (prompts.length === 0) {
    return { masks: [], provider: null, warnings: [] };
  }
  options.onProgress({ stage: 'segmenting', done: 0, total: prompts.length });
  const segmenter = await options.stopwatch.time('loadSegmenter', () => ports.loadSegmenter(options.signal));
  return {
    masks:
      mode === 'native'
        ? await segmentNative(view, segmenter, prompts, cropChoice, options)
        : await segmentReference(view, segmenter, prompts, options),
    provider: segmenter.provider,
    warnings:
      segmenter.maskSource === 'best-of-three'
        ? ['this pack has no single-mask output; the best of three masks was taken']
        : [],
  };
}
