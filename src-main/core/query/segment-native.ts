/** Native mode: the segmenter sees the raster's own pixels around each box, so the outline does not depend on the zoom. */
import type { WindowPx } from '../../contract/geo.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { RasterSource, Segmenter } from '../ports.ts';
import { applyStretch, type Stretch } from '../raster/stretch.ts';
import { planNativeCrops } from '../segment/native-crops.ts';
import { keepInside, keepValid, type PlacedMask } from './instance-masks.ts';
import type { PromptShape } from './prompt-frames.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface ClippedPrompt {
  readonly shapeScenePx: PromptShape;
  readonly prompt: Prompt;
}

export async function segmentNative(
  source: RasterSource,
  targetPx: WindowPx,
  segmenter: Segmenter,
  prompts: readonly ClippedPrompt[],
  options: {
    bands: readonly number[];
    stretch: Stretch;
    stopwatch: Stopwatch;
    signal: AbortSignal;
    onProgress: OnProgress;
  },
): Promise<PlacedMask[]> {
  const { bands, stretch, stopwatch, signal, onProgress } = options;
  const crops = planNativeCrops(
    prompts.map(({ shapeScenePx }) => shapeScenePx),
    { sceneWidth: source.info.width, sceneHeight: source.info.height, inputSize: segmenter.inputSize },
  );
  const placed: PlacedMask[] = [];
  let done = 0;
  for (const crop of crops) {
    signal.throwIfAborted();
    onProgress({ stage: 'segmenting', done, total: prompts.length });
    const { windowPx, outWidth, outHeight } = crop;
    const window = await stopwatch.time('read', () =>
      source.readWindow({ windowPx, outWidth, outHeight, bands }, signal),
    );
    const image = await stopwatch.time('stretch', () => applyStretch(window, stretch));
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
    const allowed = keepInside(window.valid, grid, gridToScene, targetPx);
    masks.forEach((mask, position) => {
      const index = crop.prompts[position]?.index;
      const origin = index === undefined ? undefined : prompts[index];
      if (origin === undefined) {
        return;
      }
      placed.push({
        ...origin,
        mask: keepValid(mask.mask, allowed),
        width: mask.width,
        height: mask.height,
        gridToScene,
        score: mask.score,
      });
    });
    done += crop.prompts.length;
  }
  onProgress({ stage: 'segmenting', done, total: prompts.length });
  return placed.sort((a, b) => indexOf(prompts, a) - indexOf(prompts, b));
}

/** Masks come crop by crop; instances are numbered in the order in which the prompts were written. */
function indexOf(prompts: readonly ClippedPrompt[], mask: PlacedMask): number {
  return prompts.findIndex(({ prompt }) => prompt === mask.prompt);
}
