/** Reference mode: the segmenter sees the model frame, as in the published method. */
import type { WindowPx } from '../../contract/geo.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { Segmenter } from '../ports.ts';
import { keepValid, resizeValid, type PlacedMask } from './instance-masks.ts';
import type { ModelView } from './model-view.ts';
import { shapeToImage } from './prompt-frames.ts';
import type { ClippedPrompt } from './segment-native.ts';
import type { Stopwatch } from './stopwatch.ts';

export async function segmentReference(
  view: ModelView,
  windowPx: WindowPx,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  options: { stopwatch: Stopwatch; signal: AbortSignal; onProgress: OnProgress },
): Promise<PlacedMask[]> {
  const { stopwatch, signal, onProgress } = options;
  if (prompts.length === 0) {
    return [];
  }
  const image = view.imageModel;
  onProgress({ stage: 'segmenting', done: 0, total: prompts.length });
  const encoded = await stopwatch.time('segmentEncode', () => segmenter.encode(image, signal));
  const masks = await stopwatch.time('segmentDecode', () =>
    segmenter.segment(
      encoded,
      prompts.map(({ shapeScenePx }) => {
        const shape = shapeToImage(shapeScenePx, windowPx, image);
        return {
          boxImagePx: shape.box,
          positivePointsImagePx: shape.positivePoints,
          negativePointsImagePx: shape.negativePoints,
        };
      }),
      signal,
    ),
  );
  const valid = resizeValid(view.valid, { width: view.readWidth, height: view.readHeight }, image);
  const gridToScene = [
    windowPx.width / image.width,
    0,
    windowPx.x,
    0,
    windowPx.height / image.height,
    windowPx.y,
  ] as const;
  onProgress({ stage: 'segmenting', done: prompts.length, total: prompts.length });
  return masks.flatMap((mask, index) => {
    const origin = prompts[index];
    return origin === undefined
      ? []
      : [
          {
            ...origin,
            mask: keepValid(mask.mask, valid),
            width: mask.width,
            height: mask.height,
            gridToScene,
            score: mask.score,
          },
        ];
  });
}
