import type { Tensor } from '../inference/session.ts';
import type { SegmenterPrompt } from '../ports.ts';
import type { DecoderLayout } from './decoder-layout.ts';
import type { PromptBatch } from './prompt-batches.ts';
import { floatTensor } from './tensors.ts';

/** Model pixels per image pixel, per axis: the image was resized without regard to its aspect. */
export interface PromptScale {
  readonly x: number;
  readonly y: number;
}

const pointLabel = { negative: 0, positive: 1, upperLeft: 2, lowerRight: 3 } as const;

/**
 * The decoder's inputs for one batch, without the embeddings: points f32 [1, P, N, 2], labels i64 [1, P, N] and boxes
 * f32 [1, P, 4] in model pixels. Without boxes, [1, 0, 4].
 */
export function decoderFeeds(
  layout: DecoderLayout,
  prompts: readonly SegmenterPrompt[],
  batch: PromptBatch,
  scale: PromptScale,
): Record<string, Tensor> {
  const cornersAsPoints = batch.hasBox && layout.boxes === null;
  const count = batch.indices.length;
  const pointCount = batch.pointCount + (cornersAsPoints ? 2 : 0);
  const points = new Float32Array(count * pointCount * 2);
  const labels = new Float32Array(count * pointCount);
  const boxes = new Float32Array(batch.hasBox && !cornersAsPoints ? count * 4 : 0);
  let at = 0;
  const addPoint = (x: number, y: number, label: number): void => {
    points[at * 2] = x * scale.x;
    points[at * 2 + 1] = y * scale.y;
    labels[at++] = label;
  };
  batch.indices.forEach((index, row) => {
    const prompt = prompts[index]!;
    if (prompt.boxImagePx !== null) {
      const [x0, y0, x1, y1] = prompt.boxImagePx;
      if (cornersAsPoints) {
        addPoint(x0, y0, pointLabel.upperLeft);
        addPoint(x1, y1, pointLabel.lowerRight);
      } else {
        boxes.set([x0 * scale.x, y0 * scale.y, x1 * scale.x, y1 * scale.y], row * 4);
      }
    }
    for (const [x, y] of prompt.positivePointsImagePx) {
      addPoint(x, y, pointLabel.positive);
    }
    for (const [x, y] of prompt.negativePointsImagePx) {
      addPoint(x, y, pointLabel.negative);
    }
  });
  const feeds: Record<string, Tensor> = {
    [layout.points.name]: floatTensor(layout.points.type, points, [1, count, pointCount, 2]),
    [layout.labels.name]: floatTensor(layout.labels.type, labels, [1, count, pointCount]),
  };
  if (layout.boxes !== null) {
    feeds[layout.boxes.name] = floatTensor(layout.boxes.type, boxes, [1, boxes.length / 4, 4]);
  }
  if (layout.maskSwitch !== null) {
    const { mask, shape, enabled } = layout.maskSwitch;
    const size = shape.reduce((product, side) => product * side, 1);
    feeds[mask.name] = floatTensor(mask.type, new Float32Array(size), shape);
    feeds[enabled.name] = floatTensor(enabled.type, new Float32Array(1), [1]);
  }
  return feeds;
}
