/** Native mode: the segmenter sees the raster's own pixels around each box, so the outline does not depend on the zoom. */
import type { Segmenter } from '../ports.ts';
import { applyStretch } from '../raster/stretch.ts';
import { planNativeCrops } from '../segment/native-crops.ts';
import { keepInside, keepValid, type PlacedMask } from './instance-masks.ts';
import type { ClippedPrompt } from './prompt-frames.ts';
import type { StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';

/** @returns one mask per prompt, same order. */
export async function segmentNative(
  view: SceneView,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  { stopwatch, signal, onProgress }: StepOptions,
): Promise<PlacedMask[]> {
  const { source, bands, model } = view;
  const crops = planNativeCrops(
    prompts.map(({ shapeScenePx }) => shapeScenePx),
    { sceneWidth: source.info.width, sceneHeight: source.info.height, inputSize: segmenter.inputSize },
  );
  const placed: PlacedMask[] = [];
  for (const crop of crops) {
    signal.throwIfAborted();
    onProgress({ stage: 'segmenting', done: placed.length, total: prompts.length });
    const { windowPx, outWidth, outHeight } = crop;
    const window = await stopwatch.time('read', () =>
      source.readWindow({ windowPx, outWidth, outHeight, bands }, signal),
    );
    const image = await stopwatch.time('stretch', () => applyStretch(window, model.stretch));
    const encoded = await stopwatch.time('segmentEncode', () => segmenter.encode(image, signal));
    const masks = await stopwatch.time('segmentDecode', () =>
      segmenter.segment(
        encoded,
        crop.prompts.map(({ prompt }) => prompt),
        signal,
      ),
    );
    const grid = { width: outWidth, height: outHeight };
    const gridToScene = [windowPx.width / outWidth, 0, windowPx.x, 0, windowPx.height / outHeight, windowPx.y] as const;
    const allowed = keepInside(window.valid, grid, gridToScene, view.windowPx);
    masks.forEach(({ mask, width, height, score }, position) => {
      const origin = prompts[crop.prompts[position]?.index ?? -1];
      if (origin !== undefined) {
        placed.push({ ...origin, mask: keepValid(mask, allowed), width, height, gridToScene, score });
      }
    });
  }
  onProgress({ stage: 'segmenting', done: placed.length, total: prompts.length });
  // Masks come crop by crop; instances are numbered in the order in which the prompts were written.
  return placed.sort((a, b) => a.index - b.index);
}
