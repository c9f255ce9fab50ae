/** Edits of one prompt in full-resolution scene pixels, as drags and clicks on the map make them. */
import type { Prompt } from '../../src-main/contract/prompt.ts';

export type BoxScenePx = NonNullable<Prompt['bbox_2d']>;
export type PointScenePx = [x: number, y: number];
export type PointKind = 'positive_points' | 'negative_points';

/** Two opposite corners in any order. */
export function boxFromCorners([ax, ay]: PointScenePx, [bx, by]: PointScenePx): BoxScenePx {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

export function withBox(prompt: Prompt, boxScenePx: BoxScenePx): Prompt {
  return { ...prompt, bbox_2d: boxScenePx };
}

/** Null when nothing would be left to segment by. */
export function withoutBox(prompt: Prompt): Prompt | null {
  const { bbox_2d, ...points } = prompt;
  return (points.positive_points ?? []).length > 0 ? points : null;
}

export function addPoint(prompt: Prompt, kind: PointKind, pointScenePx: PointScenePx): Prompt {
  return { ...prompt, [kind]: [...(prompt[kind] ?? []), pointScenePx] };
}

export function movePoint(prompt: Prompt, kind: PointKind, index: number, pointScenePx: PointScenePx): Prompt {
  return { ...prompt, [kind]: (prompt[kind] ?? []).map((point, at) => (at === index ? pointScenePx : point)) };
}

/** Null when nothing would be left to segment by. */
export function removePoint(prompt: Prompt, kind: PointKind, index: number): Prompt | null {
  const changed = { ...prompt, [kind]: (prompt[kind] ?? []).filter((_, at) => at !== index) };
  const isUsable = changed.bbox_2d !== undefined || (changed.positive_points ?? []).length > 0;
  return isUsable ? changed : null;
}

/** Positive is wanted, negative is not: the other kind for the same place. */
export function flipPoint(prompt: Prompt, kind: PointKind, index: number): Prompt | null {
  const point = prompt[kind]?.[index];
  if (point === undefined) {
    return prompt;
  }
  const other = kind === 'positive_points' ? 'negative_points' : 'positive_points';
  const rest = { ...prompt, [kind]: (prompt[kind] ?? []).filter((_, at) => at !== index) };
  const flipped = addPoint(rest, other, point);
  return flipped.bbox_2d !== undefined || (flipped.positive_points ?? []).length > 0 ? flipped : null;
}
