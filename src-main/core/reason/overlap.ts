import type { Prompt } from '../../contract/prompt.ts';

type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Zero for a box whose corners are reversed. */
function area([x0, y0, x1, y1]: Box): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

function intersectionOverUnion(a: Box, b: Box): number {
  const intersection = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const union = area(a) + area(b) - intersection;
  return union > 0 ? intersection / union : 0;
}

/**
 * Drops every prompt whose box overlaps a kept, larger box (or an equal, earlier one) with an IoU above the threshold:
 * models tend to name one target several times. Prompts without a box are kept. The order of the rest does not change.
 */
export function dropOverlaps(prompts: readonly Prompt[], threshold = 0.5): Prompt[] {
  const largestFirst = prompts
    .map((prompt, index) => ({ box: prompt.bbox_2d, index }))
    .filter((entry): entry is { box: [number, number, number, number]; index: number } => entry.box !== undefined)
    .sort((a, b) => area(b.box) - area(a.box) || a.index - b.index);
  const kept: Box[] = [];
  const dropped = new Set<number>();
  for (const { box, index } of largestFirst) {
    if (kept.some((larger) => intersectionOverUnion(larger, box) > threshold)) {
      dropped.add(index);
    } else {
      kept.push(box);
    }
  }
  return prompts.filter((_, index) => !dropped.has(index));
}
