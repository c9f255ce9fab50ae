/** Prompts on one encoded image, also clicks alone for a segmenter that cannot do without a box: they find their box first. */
import type { EncodedImage, InstanceMask, OnComputed, Segmenter, SegmenterPrompt } from '../ports.ts';

type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Half the side of the first box around clicks, and what a box has beyond its mask. */
const firstMarginPx = 24;
const maskMarginPx = 3;
/** A box that the mask fills to the edge is too small: it grows by this, and is tried again so often. */
const growth = 1.6;
const maxRounds = 5;
/** Two boxes that overlap by this much (IoU) are the same. */
const settledIou = 0.9;

/** One mask per prompt, same order. */
export async function segmentOnImage(
  segmenter: Segmenter,
  image: EncodedImage,
  prompts: readonly SegmenterPrompt[],
  signal: AbortSignal,
  onComputed: OnComputed,
): Promise<InstanceMask[]> {
  if (!segmenter.needsBoxes) {
    return segmenter.segment(image, prompts, signal, onComputed);
  }
  const boxed: SegmenterPrompt[] = [];
  for (const prompt of prompts) {
    const boxImagePx = prompt.boxImagePx ?? (await boxOfClicks(segmenter, image, prompt, signal, onComputed));
    boxed.push({ ...prompt, boxImagePx });
  }
  return segmenter.segment(image, boxed, signal, onComputed);
}

/** Starts with a small box around the clicks and follows the mask that it gives until both agree. */
async function boxOfClicks(
  segmenter: Segmenter,
  image: EncodedImage,
  prompt: SegmenterPrompt,
  signal: AbortSignal,
  onComputed: OnComputed,
): Promise<Box> {
  const xs = prompt.positivePointsImagePx.map(([x]) => x);
  const ys = prompt.positivePointsImagePx.map(([, y]) => y);
  const clicks: Box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  let box = padded(clicks, firstMarginPx, image);
  for (let round = 0; round < maxRounds; round++) {
    const [answer] = await segmenter.segment(image, [{ ...prompt, boxImagePx: box }], signal, onComputed);
    const extent = answer === undefined ? null : maskExtent(answer);
    if (extent === null) {
      // Nothing in so small a picture: look at more.
      box = padded(box, ((box[2] - box[0]) * (growth - 1)) / 2, image);
      continue;
    }
    const followed = padded(unite(extent, clicks), maskMarginPx, image);
    const next = isFilled(extent, box) ? padded(followed, ((box[2] - box[0]) * (growth - 1)) / 2, image) : followed;
    if (iou(next, box) >= settledIou) {
      return next;
    }
    box = next;
  }
  return box;
}

function padded([x0, y0, x1, y1]: Box, margin: number, { width, height }: EncodedImage): Box {
  return [
    Math.max(0, x0 - margin),
    Math.max(0, y0 - margin),
    Math.min(width, x1 + margin),
    Math.min(height, y1 + margin),
  ];
}

/** Bounds of the mask; null when it is empty. */
function maskExtent({ mask, width }: InstanceMask): Box | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    const x = at % width;
    const y = (at - x) / width;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x + 1);
    y0 = Math.min(y0, y);
    y1 = y + 1;
  }
  return x1 > x0 ? [x0, y0, x1, y1] : null;
}

function isFilled(extent: Box, box: Box): boolean {
  return extent[0] <= box[0] + 1 || extent[1] <= box[1] + 1 || extent[2] >= box[2] - 1 || extent[3] >= box[3] - 1;
}

function unite(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

function iou(a: Box, b: Box): number {
  const area = ([x0, y0, x1, y1]: Box): number => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  return shared / (area(a) + area(b) - shared);
}
