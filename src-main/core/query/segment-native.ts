/** Native mode: the segmenter sees the raster's own pixels around each box, so the outline does not depend on the zoom. */
import type { WindowPx } from '../../contract/geo.ts';
import type { Segmenter, SegmenterPrompt } from '../ports.ts';
import { applyStretch } from '../raster/stretch.ts';
import { planNativeCrops } from '../segment/native-crops.ts';
import type { EncodedCrop } from './encoded-crops.ts';
import { keepInside, keepValid, type PlacedMask } from './instance-masks.ts';
import { shapeToImage, type ClippedPrompt } from './prompt-frames.ts';
import type { StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';
import { segmentOnImage } from './segment-on-image.ts';

/**
 * Which image a prompt is asked on in native mode: always the one planned for it, so that the outline depends on nothing else, or first
 * one that is encoded already, so that it follows an edit at once.
 */
export type CropChoice = 'planned' | 'encoded-first';

/** One image and the prompts that are asked on it. */
interface CropTask {
  readonly windowPx: WindowPx;
  readonly width: number;
  readonly height: number;
  readonly asked: { readonly origin: ClippedPrompt; readonly promptImagePx: SegmenterPrompt }[];
}

/** @returns one mask per prompt, same order. */
export async function segmentNative(
  view: SceneView,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  cropChoice: CropChoice,
  options: StepOptions,
): Promise<PlacedMask[]> {
  const { stopwatch, signal, onProgress } = options;
  const placed: PlacedMask[] = [];
  for (const task of chooseCrops(view, segmenter, prompts, cropChoice)) {
    signal.throwIfAborted();
    onProgress({ stage: 'segmenting', done: placed.length, total: prompts.length });
    const { windowPx, width, height, asked } = task;
    const gridToScene = [windowPx.width / width, 0, windowPx.x, 0, windowPx.height / height, windowPx.y] as const;
    const encode = () => encodeCrop(view, segmenter, task, gridToScene, options);
    const promptsImagePx = asked.map(({ promptImagePx }) => promptImagePx);
    await view.crops.use(segmenter, task, encode, async ({ encoded, allowed }) => {
      const masks = await segmentOnImage(segmenter, encoded, promptsImagePx, signal, (ms) =>
        stopwatch.add('segmentDecode', ms),
      );
      masks.forEach(({ mask, score }, position) => {
        const { origin } = asked[position]!;
        placed.push({ ...origin, mask: keepValid(mask, allowed), width, height, gridToScene, score });
      });
    });
  }
  onProgress({ stage: 'segmenting', done: placed.length, total: prompts.length });
  // Masks come crop by crop; instances are numbered in the order in which the prompts were written.
  return placed.sort((a, b) => a.index - b.index);
}

async function encodeCrop(
  { source, bands, model, windowPx: targetPx }: SceneView,
  segmenter: Segmenter,
  { windowPx, width, height }: CropTask,
  gridToScene: PlacedMask['gridToScene'],
  { stopwatch, signal }: StepOptions,
): Promise<Pick<EncodedCrop, 'encoded' | 'allowed'>> {
  const window = await stopwatch.time('read', () =>
    source.readWindow({ windowPx, outWidth: width, outHeight: height, bands }, signal),
  );
  const image = await stopwatch.time('stretch', () => applyStretch(window, model.stretch));
  const encoded = await segmenter.encode(image, signal, (ms) => stopwatch.add('segmentEncode', ms));
  return { encoded, allowed: keepInside(window.valid, { width, height }, gridToScene, targetPx) };
}

function chooseCrops(
  view: SceneView,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  cropChoice: CropChoice,
): CropTask[] {
  const { info } = view.source;
  const tasks = new Map<EncodedCrop, CropTask>();
  const homeless: ClippedPrompt[] = [];
  for (const origin of prompts) {
    const crop = cropChoice === 'encoded-first' ? view.crops.covering(segmenter, origin, info) : null;
    if (crop === null) {
      homeless.push(origin);
      continue;
    }
    const task = tasks.get(crop) ?? { ...crop, asked: [] };
    task.asked.push({ origin, promptImagePx: promptOnImage(origin, crop) });
    tasks.set(crop, task);
  }
  const planned = planNativeCrops(
    homeless.map(({ shapeScenePx }) => shapeScenePx),
    { sceneWidth: info.width, sceneHeight: info.height, inputSize: segmenter.inputSize },
  );
  return [
    ...tasks.values(),
    ...planned.map(({ windowPx, outWidth, outHeight, prompts: members }) => ({
      windowPx,
      width: outWidth,
      height: outHeight,
      asked: members.map(({ index, prompt }) => ({ origin: homeless[index]!, promptImagePx: prompt })),
    })),
  ];
}

function promptOnImage({ shapeScenePx }: ClippedPrompt, crop: EncodedCrop): SegmenterPrompt {
  const shape = shapeToImage(shapeScenePx, crop.windowPx, crop);
  return {
    boxImagePx: shape.box,
    positivePointsImagePx: shape.positivePoints,
    // What lies outside the crop cannot be in the mask: a negative point there has nothing to say.
    negativePointsImagePx: shape.negativePoints.filter(
      ([x, y]) => x >= 0 && y >= 0 && x <= crop.width && y <= crop.height,
    ),
  };
}
