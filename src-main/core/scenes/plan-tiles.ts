/** Where the tiles of a scene lie. Pure. */
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';

export interface TilePlanOptions {
  /** Size of the picture that the model sees of each tile. */
  readonly frame: { readonly width: number; readonly height: number };
  /** Scene pixels to a pixel of that picture, along x and y. */
  readonly scenePxPerModelPx: readonly [x: number, y: number];
  /** How far neighbours reach into each other, in pixels of the picture. */
  readonly overlapModelPx: number;
}

export interface Tile {
  /** Position in the plan: row by row from the upper left. */
  readonly index: number;
  readonly row: number;
  readonly column: number;
  readonly windowPx: WindowPx;
}

export interface TilePlan {
  readonly rows: number;
  readonly columns: number;
  readonly tiles: readonly Tile[];
}

/** The plan and what is known of each tile are held in memory: a scene of 200,000 x 200,000 pixels, and days of work. */
const mostTiles = 1_000_000;

/** Starts of intervals of `side` that cover `length` with at least `overlap`; the last is moved back so that all have the same side. */
function starts(length: number, side: number, overlap: number): number[] {
  if (side >= length) {
    return [0];
  }
  const step = Math.max(1, side - overlap);
  const found: number[] = [];
  for (let start = 0; start + side < length; start += step) {
    found.push(start);
  }
  found.push(length - side);
  return found;
}

/** @throws Think2SegError INPUT_TOO_LARGE */
export function planTiles(targetPx: WindowPx, options: TilePlanOptions): TilePlan {
  const [perX, perY] = options.scenePxPerModelPx;
  const width = Math.min(targetPx.width, Math.max(1, Math.round(options.frame.width * perX)));
  const height = Math.min(targetPx.height, Math.max(1, Math.round(options.frame.height * perY)));
  const lefts = starts(targetPx.width, width, Math.round(options.overlapModelPx * perX));
  const tops = starts(targetPx.height, height, Math.round(options.overlapModelPx * perY));
  const count = tops.length * lefts.length;
  if (count > mostTiles) {
    throw new Think2SegError(
      'INPUT_TOO_LARGE',
      `${targetPx.width} x ${targetPx.height} pixels make ${count} tiles of ${width} x ${height}, at most ${mostTiles} can be planned; choose a smaller window, a larger --gsd or a smaller --overlap`,
    );
  }
  return {
    rows: tops.length,
    columns: lefts.length,
    tiles: tops.flatMap((top, row) =>
      lefts.map((left, column) => ({
        index: row * lefts.length + column,
        row,
        column,
        windowPx: { x: targetPx.x + left, y: targetPx.y + top, width, height },
      })),
    ),
  };
}

/** What two windows share; null when they do not meet. */
export function sharedWindow(a: WindowPx, b: WindowPx): WindowPx | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
