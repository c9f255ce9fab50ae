/** Which pixels the prompt of a stored feature counts. Files of the command line keep those of the model's picture, the desktop's those of the scene, and say so in their reviews but for old ones. */
import type { BoundingBox } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { promptOfShape, promptToScene } from '../query/prompt-frames.ts';

/**
 * The prompt in pixels of the scene: of the frames that it may be in the one in which it lies best on its own outline. Null when it lies
 * beside the outline in all of them, as after the outline was moved or the raster is another one.
 */
export function promptOnOutline(
  prompt: Prompt,
  outlineScenePx: BoundingBox,
  runs: readonly RunRecord[],
): Prompt | null {
  const candidates = [prompt, ...runs.map((run) => fromFrame(prompt, run))];
  let best: { prompt: Prompt; overlap: number } | null = null;
  for (const candidate of candidates) {
    const overlap = overlapOf(boundsOf(candidate), outlineScenePx);
    if (overlap > (best?.overlap ?? 0)) {
      best = { prompt: candidate, overlap };
    }
  }
  return best?.prompt ?? null;
}

function fromFrame(prompt: Prompt, { promptFrame, windowPx, reviews = [] }: RunRecord): Prompt {
  return promptFrame.name === 'scene-px' || reviews.length > 0
    ? prompt
    : promptOfShape(promptToScene(prompt, promptFrame, windowPx));
}

function boundsOf({ bbox_2d: box, positive_points: points = [] }: Prompt): BoundingBox {
  if (box !== undefined) {
    return box;
  }
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Intersection over union, each box grown by half a pixel on all sides so that a single point has an area too. */
function overlapOf(one: BoundingBox, other: BoundingBox): number {
  const shared = (low: number, high: number): number =>
    Math.max(0, Math.min(one[high]!, other[high]!) - Math.max(one[low]!, other[low]!) + 1);
  const area = ([minX, minY, maxX, maxY]: BoundingBox): number => (maxX - minX + 1) * (maxY - minY + 1);
  const intersection = shared(0, 2) * shared(1, 3);
  return intersection / (area(one) + area(other) - intersection);
}
