/** Moves prompts between the model frame, the window and the scene. Pure. */
import type { Point, WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { PromptShape } from '../ports.ts';

export type { PromptShape } from '../ports.ts';

/** Size of the frame a prompt is written in; the frame covers exactly the window. */
export interface PromptFrame {
  readonly width: number;
  readonly height: number;
}

/** A prompt that names something inside the window. */
export interface ClippedPrompt {
  /** Position in the list of prompts. */
  readonly index: number;
  /** In scene pixels, cut to the window. */
  readonly shapeScenePx: PromptShape;
  /** As it was parsed or given. */
  readonly prompt: Prompt;
}

function mapShape(shape: PromptShape, map: (point: Point) => Point): PromptShape {
  const { box } = shape;
  const [x0, y0] = box === null ? [0, 0] : map([box[0], box[1]]);
  const [x1, y1] = box === null ? [0, 0] : map([box[2], box[3]]);
  return {
    box: box === null ? null : [x0, y0, x1, y1],
    positivePoints: shape.positivePoints.map(map),
    negativePoints: shape.negativePoints.map(map),
  };
}

export function shapeOfPrompt(prompt: Prompt): PromptShape {
  return {
    box: prompt.bbox_2d ?? null,
    positivePoints: prompt.positive_points ?? [],
    negativePoints: prompt.negative_points ?? [],
  };
}

export function promptOfShape({ box, positivePoints, negativePoints }: PromptShape): Prompt {
  return {
    ...(box === null ? {} : { bbox_2d: [...box] }),
    positive_points: positivePoints.map(([x, y]) => [x, y]),
    negative_points: negativePoints.map(([x, y]) => [x, y]),
  };
}

/** Frame pixels to scene pixels. */
export function promptToScene(promptFramePx: Prompt, frame: PromptFrame, windowPx: WindowPx): PromptShape {
  return mapShape(shapeOfPrompt(promptFramePx), ([x, y]) => [
    windowPx.x + (x * windowPx.width) / frame.width,
    windowPx.y + (y * windowPx.height) / frame.height,
  ]);
}

/** Scene pixels to the pixels of an image of the given size that shows the window. */
export function shapeToImage(shapeScenePx: PromptShape, windowPx: WindowPx, image: PromptFrame): PromptShape {
  return mapShape(shapeScenePx, ([x, y]) => [
    ((x - windowPx.x) * image.width) / windowPx.width,
    ((y - windowPx.y) * image.height) / windowPx.height,
  ]);
}

/**
 * Cuts a prompt to the window: the box is clipped, points outside are dropped.
 *
 * @returns null when nothing is left that could name a target.
 */
export function clipShape(shapeScenePx: PromptShape, windowPx: WindowPx): PromptShape | null {
  const right = windowPx.x + windowPx.width;
  const bottom = windowPx.y + windowPx.height;
  const clampX = (x: number): number => Math.min(Math.max(x, windowPx.x), right);
  const clampY = (y: number): number => Math.min(Math.max(y, windowPx.y), bottom);
  const inside = ([x, y]: Point): boolean => x >= windowPx.x && x <= right && y >= windowPx.y && y <= bottom;
  const { box } = shapeScenePx;
  const positivePoints = shapeScenePx.positivePoints.filter(inside);
  const negativePoints = shapeScenePx.negativePoints.filter(inside);
  if (box === null) {
    return positivePoints.length === 0 ? null : { box, positivePoints, negativePoints };
  }
  const clipped = [clampX(box[0]), clampY(box[1]), clampX(box[2]), clampY(box[3])] as const;
  return clipped[2] > clipped[0] && clipped[3] > clipped[1] ? { box: clipped, positivePoints, negativePoints } : null;
}

/** Cuts every prompt to the window; those with nothing left are absent. `shapesScenePx` are the same prompts in scene pixels. */
export function clipPrompts(
  prompts: readonly Prompt[],
  shapesScenePx: readonly PromptShape[],
  windowPx: WindowPx,
): ClippedPrompt[] {
  return prompts.flatMap((prompt, index) => {
    const shape = shapesScenePx[index];
    const shapeScenePx = shape === undefined ? null : clipShape(shape, windowPx);
    return shapeScenePx === null ? [] : [{ index, prompt, shapeScenePx }];
  });
}
