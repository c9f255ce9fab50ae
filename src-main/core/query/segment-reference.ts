/** Reference mode: the segmenter sees the model frame, as in the published method. */
import type { Segmenter } from '../ports.ts';
import { keepValid, resizeValid, type PlacedMask } from './instance-masks.ts';
import { shapeToImage, type ClippedPrompt } from './prompt-frames.ts';
import type { StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';
import { segmentOnImage } from './segment-on-image.ts';

/** @returns one mask per prompt, same order. */
export async function segmentReference(
  { windowPx, model, crops }: SceneView,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  { stopwatch, signal, onProgress }: StepOptions,
): Promise<PlacedMask[]> {
  const image = model.imageModel;
  const { width, height } = image;
  onProgress({ stage: 'segmenting', done: 0, total: prompts.length });
  const encode = async () => ({
    encoded: await segmenter.encode(image, signal, (ms) => stopwatch.add('segmentEncode', ms)),
    allowed: resizeValid(model.valid, { width: model.readWidth, height: model.readHeight }, image),
  });
  const promptsImagePx = prompts.map(({ shapeScenePx }) => {
    const shape = shapeToImage(shapeScenePx, windowPx, image);
    return {
      boxImagePx: shape.box,
      positivePointsImagePx: shape.positivePoints,
      negativePointsImagePx: shape.negativePoints,
    };
  });
  const gridToScene = [windowPx.width / width, 0, windowPx.x, 0, windowPx.height / height, windowPx.y] as const;
  return crops.use(segmenter, { windowPx, width, height }, encode, async ({ encoded, allowed }) => {
    const masks = await segmentOnImage(segmenter, encoded, promptsImagePx, signal, (ms) =>
      stopwatch.add('segmentDecode', ms),
    );
    onProgress({ stage: 'segmenting', done: prompts.length, total: prompts.length });
    return masks.flatMap(({ mask, score }, index) => {
      const origin = prompts[index];
      return origin === undefined
        ? []
        : [{ ...origin, mask: keepValid(mask, allowed), width, height, gridToScene, score }];
    });
  });
}
