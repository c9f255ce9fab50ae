/** A picture that follows a curved mapping, as straight pieces: each is drawn by one affine transform and is off by little. */
import type { Geotransform, Point } from '../../src-main/contract/geo.ts';
import type { Rect } from '../raster/pyramid.ts';

export interface AffinePiece {
  readonly rect: Rect;
  /** Pixel of the picture to pixel of the screen. */
  readonly toScreen: Geotransform;
}

export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

const toleranceScreenPx = 0.25;
/** What is still curved after so many divisions is the Earth as a whole in a frame that is not made for it: a coarser fit will do. */
const carefulDivisions = 3;
const coarseToleranceScreenPx = 1;
/** Down to here a piece is divided although part of it has no place; below, only what is curved and not torn apart. */
const minWildSidePx = 4;
/** Pixels of a coarse picture may each fill a screen that shows little of the Earth: they are divided too. */
const minSidePx = 1 / 256;
/** A piece that is off by a larger share of its own size is torn apart by the mapping. */
const tornShare = 1 / 8;

/** Row by row over a piece: corners, middles of the sides, middle. */
const shares = [0, 0.5, 1].flatMap((v) => [0, 0.5, 1].map((u) => [u, v] as const));

/**
 * One piece when the mapping is affine, several where it is not. What lies beside the screen is left out, so that few are needed however
 * large the picture is.
 *
 * @param project picture pixel to screen pixel; null where the mapping is not defined, which is left out.
 */
export function affinePieces(
  rect: Rect,
  screen: ScreenSize,
  project: (point: Point) => Point | null,
  divisions = 0,
): AffinePiece[] {
  const longSidePx = Math.max(rect.width, rect.height);
  const placed = placesOf(rect, project);
  const divide = (): AffinePiece[] =>
    quarters(rect).flatMap((part) => affinePieces(part, screen, project, divisions + 1));
  if (placed === null) {
    return longSidePx <= minWildSidePx ? [] : divide();
  }
  const extent = extentOf(placed);
  if (isBeside(extent, screen)) {
    return [];
  }
  const toScreen = throughCorners(rect, placed);
  const sizeScreenPx = Math.hypot(extent.width, extent.height);
  const errorScreenPx = largestError(rect, placed, toScreen);
  if (errorScreenPx <= (divisions > carefulDivisions ? coarseToleranceScreenPx : toleranceScreenPx)) {
    return [{ rect, toScreen }];
  }
  const isTorn = errorScreenPx > sizeScreenPx * tornShare;
  return longSidePx <= (isTorn ? minWildSidePx : minSidePx) ? [] : divide();
}

/** Where the places of `shares` are on the screen; null when one of them is nowhere. */
function placesOf({ x, y, width, height }: Rect, project: (point: Point) => Point | null): Point[] | null {
  const placed: Point[] = [];
  for (const [u, v] of shares) {
    const place = project([x + u * width, y + v * height]);
    if (place === null) {
      return null;
    }
    placed.push(place);
  }
  return placed;
}

function extentOf(places: readonly Point[]): Rect {
  const xs = places.map(([x]) => x);
  const ys = places.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** Between its places a curved piece may reach further than they do: by less than its own size. */
function isBeside({ x, y, width, height }: Rect, screen: ScreenSize): boolean {
  return x - width > screen.width || x + 2 * width < 0 || y - height > screen.height || y + 2 * height < 0;
}

function throughCorners({ x, y, width, height }: Rect, placed: readonly Point[]): Geotransform {
  const [origin, , right, , , , below] = placed as [Point, Point, Point, Point, Point, Point, Point];
  const a = (right[0] - origin[0]) / width;
  const d = (right[1] - origin[1]) / width;
  const b = (below[0] - origin[0]) / height;
  const e = (below[1] - origin[1]) / height;
  return [a, b, origin[0] - a * x - b * y, d, e, origin[1] - d * x - e * y];
}

function largestError({ x, y, width, height }: Rect, placed: readonly Point[], toScreen: Geotransform): number {
  const errors = shares.map(([u, v], index) => {
    const [exactX, exactY] = placed[index]!;
    const [drawnX, drawnY] = apply(toScreen, [x + u * width, y + v * height]);
    return Math.hypot(exactX - drawnX, exactY - drawnY);
  });
  return Math.max(...errors);
}

/** Halves along the long sides: a strip is no better followed by strips that are narrower still. */
function quarters({ x, y, width, height }: Rect): Rect[] {
  const columns = width >= height / 2 ? halves(x, width) : [[x, width] as const];
  const rows = height >= width / 2 ? halves(y, height) : [[y, height] as const];
  return rows.flatMap(([top, rowHeight]) =>
    columns.map(([left, columnWidth]) => ({ x: left, y: top, width: columnWidth, height: rowHeight })),
  );
}

/** At whole pixels as long as there are some. */
function halves(start: number, length: number): (readonly [start: number, length: number])[] {
  const first = length >= 2 ? Math.floor(length / 2) : length / 2;
  return [
    [start, first],
    [start + first, length - first],
  ];
}

function apply([a, b, c, d, e, f]: Geotransform, [x, y]: Point): Point {
  return [a * x + b * y + c, d * x + e * y + f];
}
