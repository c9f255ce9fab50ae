/** Moves prompts between the model frame, the window and the scene. Pure. */
import type { WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';

/** Size of the frame a prompt is written in; the frame covers exactly the window. */
export interface PromptFrame {
  readonly width: number;
  readonly height: number;
}

function mapPrompt(prompt: Prompt, mapX: (x: number) => number, mapY: (y: number) => number): Prompt {
  const [x0, y0, x1, y1] = prompt.bbox_2d;
  const mapPoint = ([x, y]: [number, number]): [number, number] => [mapX(x), mapY(y)];
  return {
    bbox_2d: [mapX(x0), mapY(y0), mapX(x1), mapY(y1)],
    positive_points: prompt.positive_points.map(mapPoint),
    ...(prompt.negative_points === undefined ? {} : { negative_points: prompt.negative_points.map(mapPoint) }),
  };
}

/** Frame pixels to scene pixels. */
export function promptToScene(promptFramePx: Prompt, frame: PromptFrame, windowPx: WindowPx): Prompt {
  return mapPrompt(
    promptFramePx,
    (x) => windowPx.x + (x * windowPx.width) / frame.width,
    (y) => windowPx.y + (y * windowPx.height) / frame.height,
  );
}

/** Scene pixels to the pixels of an image of the given size that shows the window. */
export function promptToImage(promptScenePx: Prompt, windowPx: WindowPx, image: PromptFrame): Prompt {
  return mapPrompt(
    promptScenePx,
    (x) => ((x - windowPx.x) * image.width) / windowPx.width,
    (y) => ((y - windowPx.y) * image.height) / windowPx.height,
  );
}

/**
 * Cuts a prompt to the window: the box is clipped, points outside are dropped.
 *
 * @returns null when nothing of the box is left.
 */
export function clipPrompt(promptScenePx: Prompt, windowPx: WindowPx): Prompt | null {
  const right = windowPx.x + windowPx.width;
  const bottom = windowPx.y + windowPx.height;
  const clampX = (x: number): number => Math.min(Math.max(x, windowPx.x), right);
  const clampY = (y: number): number => Math.min(Math.max(y, windowPx.y), bottom);
  const inside = ([x, y]: [number, number]): boolean => x >= windowPx.x && x <= right && y >= windowPx.y && y <= bottom;
  const [x0, y0, x1, y1] = promptScenePx.bbox_2d;
  const box: Prompt['bbox_2d'] = [clampX(x0), clampY(y0), clampX(x1), clampY(y1)];
  if (!(box[2] > box[0] && box[3] > box[1])) {
    return null;
  }
  return {
    bbox_2d: box,
    positive_points: promptScenePx.positive_points.filter(inside),
    ...(promptScenePx.negative_points === undefined
      ? {}
      : { negative_points: promptScenePx.negative_points.filter(inside) }),
  };
}
