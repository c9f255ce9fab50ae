/** A picture that follows a curved mapping, as straight pieces: each is drawn by one affine transform and is off by little. */
import type { Geotransform, Point } from '../../src-main/contract/geo.ts';
import type { Rect } from '../raster/pyramid.ts';

export interface AffinePiece {
  readonly rect: Rect;
  /** Pixel of the picture to pixel of the screen. */
  readonly toScreen: Geotransform;
}

const toleranceScreenPx = 0.25;
const minPieceSidePx = 4;

/**
 * One piece when the mapping is affine, four, sixteen ... where it is not.
 *
 * @param project picture pixel to screen pixel; null where the mapping is not defined, which is left out.
 */
export function affinePieces(rect: Rect, project: (point: Point) => Point | null): AffinePiece[] {
  const { x, y, width, height } = rect;
  const at = (u: number, v: number): Point | null => project([x + u * width, y + v * height]);
  const origin = at(0, 0);
  const right = at(1, 0);
  const below = at(0, 1);
  if (origin !== null && right !== null && below !== null) {
    const a = (right[0] - origin[0]) / width;
    const d = (right[1] - origin[1]) / width;
    const b = (below[0] - origin[0]) / height;
    const e = (below[1] - origin[1]) / height;
    const toScreen: Geotransform = [a, b, origin[0] - a * x - b * y, d, e, origin[1] - d * x - e * y];
    const isStraight = [
      [1, 1],
      [0.5, 0.5],
      [0.5, 0],
      [0, 0.5],
    ].every(([u = 0, v = 0]) => {
      const exact = at(u, v);
      const [sx, sy] = apply(toScreen, [x + u * width, y + v * height]);
      return exact !== null && Math.hypot(exact[0] - sx, exact[1] - sy) <= toleranceScreenPx;
    });
    if (isStraight) {
      return [{ rect, toScreen }];
    }
  }
  if (width <= minPieceSidePx || height <= minPieceSidePx) {
    return [];
  }
  const leftWidth = Math.floor(width / 2);
  const topHeight = Math.floor(height / 2);
  return [
    { x, y, width: leftWidth, height: topHeight },
    { x: x + leftWidth, y, width: width - leftWidth, height: topHeight },
    { x, y: y + topHeight, width: leftWidth, height: height - topHeight },
    { x: x + leftWidth, y: y + topHeight, width: width - leftWidth, height: height - topHeight },
  ].flatMap((quarter) => affinePieces(quarter, project));
}

function apply([a, b, c, d, e, f]: Geotransform, [x, y]: Point): Point {
  return [a * x + b * y + c, d * x + e * y + f];
}
