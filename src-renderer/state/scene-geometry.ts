/** Between map coordinates and full-resolution scene pixels. */
import type { BoundingBox, Geotransform, Point, WindowPx } from '../../src-main/contract/geo.ts';

export function scenePxToMap([a, b, c, d, e, f]: Geotransform, [x, y]: Point): [number, number] {
  return [a * x + b * y + c, d * x + e * y + f];
}

export function mapToScenePx([a, b, c, d, e, f]: Geotransform, [x, y]: Point): [number, number] {
  const determinant = a * e - b * d;
  return [(e * (x - c) - b * (y - f)) / determinant, (a * (y - f) - d * (x - c)) / determinant];
}

interface SceneSize {
  readonly width: number;
  readonly height: number;
}

/** The smallest window of whole pixels around `boundsMap`, clipped to the scene; null when they do not meet. */
export function windowOfBounds(
  transform: Geotransform,
  { width, height }: SceneSize,
  [minX, minY, maxX, maxY]: BoundingBox,
): WindowPx | null {
  const corners: Point[] = [
    [minX, minY],
    [minX, maxY],
    [maxX, minY],
    [maxX, maxY],
  ];
  const cornersPx = corners.map((corner) => mapToScenePx(transform, corner));
  const clip = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  const x0 = clip(Math.floor(Math.min(...cornersPx.map(([x]) => x))), width);
  const y0 = clip(Math.floor(Math.min(...cornersPx.map(([, y]) => y))), height);
  const x1 = clip(Math.ceil(Math.max(...cornersPx.map(([x]) => x))), width);
  const y1 = clip(Math.ceil(Math.max(...cornersPx.map(([, y]) => y))), height);
  return x1 > x0 && y1 > y0 ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } : null;
}

/** A pixel on the scene and no further, for points and corners that a hand has dragged. */
export function clampToScene({ width, height }: SceneSize, [x, y]: Point): [number, number] {
  return [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))];
}
