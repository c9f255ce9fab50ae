/** What a hand can take hold of at a prompt, and what the prompt is after a drag. Pure: the map only says where things are on the screen. */
import type { Point } from '../../src-main/contract/geo.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import { boxFromCorners, movePoint, withBox, type BoxScenePx, type PointKind } from '../state/prompt-edits.ts';
import { clampToScene } from '../state/scene-geometry.ts';

export type Handle =
  | { readonly kind: 'point'; readonly pointKind: PointKind; readonly index: number }
  /** -1, 0, 1: the lower, neither or upper side along each axis moves. */
  | { readonly kind: 'resize'; readonly sideX: -1 | 0 | 1; readonly sideY: -1 | 0 | 1 }
  | { readonly kind: 'move' };

export interface PlacedHandle {
  readonly handle: Exclude<Handle, { kind: 'move' }>;
  readonly atScenePx: Point;
}

interface SceneSize {
  readonly width: number;
  readonly height: number;
}

const sides = [-1, 0, 1] as const;

/** Points first: where two lie on one another, the point is what was meant. */
export function handlesOf({ bbox_2d: box, positive_points = [], negative_points = [] }: Prompt): PlacedHandle[] {
  const points = (pointKind: PointKind, places: readonly Point[]): PlacedHandle[] =>
    places.map((atScenePx, index) => ({ handle: { kind: 'point', pointKind, index }, atScenePx }));
  return [
    ...points('positive_points', positive_points),
    ...points('negative_points', negative_points),
    ...(box === undefined ? [] : boxHandles(box)),
  ];
}

function boxHandles([x0, y0, x1, y1]: BoxScenePx): PlacedHandle[] {
  const along = (side: -1 | 0 | 1, from: number, to: number): number => from + ((side + 1) / 2) * (to - from);
  return sides
    .flatMap((sideY) => sides.map((sideX) => ({ sideX, sideY })))
    .filter(({ sideX, sideY }) => sideX !== 0 || sideY !== 0)
    .map(({ sideX, sideY }) => ({
      handle: { kind: 'resize', sideX, sideY },
      atScenePx: [along(sideX, x0, x1), along(sideY, y0, y1)],
    }));
}

/** @param toScreen null where a place is not on the map */
export function handleAt(
  prompt: Prompt,
  pointerScreen: Point,
  toScreen: (pointScenePx: Point) => Point | null,
  reachScreenPx: number,
): Handle | null {
  const near = (place: Point | null): boolean =>
    place !== null && Math.hypot(place[0] - pointerScreen[0], place[1] - pointerScreen[1]) <= reachScreenPx;
  const found = handlesOf(prompt).find(({ atScenePx }) => near(toScreen(atScenePx)));
  if (found !== undefined) {
    return found.handle;
  }
  return prompt.bbox_2d !== undefined && isOnEdge(prompt.bbox_2d, pointerScreen, toScreen, reachScreenPx)
    ? { kind: 'move' }
    : null;
}

function isOnEdge(
  [x0, y0, x1, y1]: BoxScenePx,
  pointer: Point,
  toScreen: (pointScenePx: Point) => Point | null,
  reachScreenPx: number,
): boolean {
  const corners: Point[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  const onScreen = corners.map(toScreen);
  return onScreen.some((from, index) => {
    const to = onScreen[(index + 1) % onScreen.length];
    return from !== null && to !== undefined && to !== null && distanceToLine(pointer, from, to) <= reachScreenPx;
  });
}

function distanceToLine([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length));
  return Math.hypot(px - ax - share * dx, py - ay - share * dy);
}

/** The prompt as it was when the drag began, with the handle moved from one place to the other; it stays on the scene. */
export function dragHandle(
  prompt: Prompt,
  handle: Handle,
  fromScenePx: Point,
  toScenePx: Point,
  scene: SceneSize,
): Prompt {
  if (handle.kind === 'point') {
    return movePoint(prompt, handle.pointKind, handle.index, clampToScene(scene, toScenePx));
  }
  const box = prompt.bbox_2d;
  if (box === undefined) {
    return prompt;
  }
  const [dx, dy] = [toScenePx[0] - fromScenePx[0], toScenePx[1] - fromScenePx[1]];
  return withBox(
    prompt,
    handle.kind === 'move' ? movedBox(box, dx, dy, scene) : resizedBox(box, handle, dx, dy, scene),
  );
}

function movedBox([x0, y0, x1, y1]: BoxScenePx, dx: number, dy: number, { width, height }: SceneSize): BoxScenePx {
  const shiftX = Math.min(width - x1, Math.max(-x0, dx));
  const shiftY = Math.min(height - y1, Math.max(-y0, dy));
  return [x0 + shiftX, y0 + shiftY, x1 + shiftX, y1 + shiftY];
}

/** A side that is dragged over the other one swaps with it. */
function resizedBox(
  [x0, y0, x1, y1]: BoxScenePx,
  { sideX, sideY }: { sideX: number; sideY: number },
  dx: number,
  dy: number,
  scene: SceneSize,
): BoxScenePx {
  const moved = (value: number, side: number, own: number, by: number): number => (side === own ? value + by : value);
  return boxFromCorners(
    clampToScene(scene, [moved(x0, sideX, -1, dx), moved(y0, sideY, -1, dy)]),
    clampToScene(scene, [moved(x1, sideX, 1, dx), moved(y1, sideY, 1, dy)]),
  );
}
