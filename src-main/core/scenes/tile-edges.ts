/** Where a tile cuts an object off. Pure. */
import type { WindowPx } from '../../contract/geo.ts';
import { boundsOfRuns, type Runs } from './run-length-mask.ts';

export const sides = ['left', 'top', 'right', 'bottom'] as const;
export type Side = (typeof sides)[number];

/** In scene pixels. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** Coordinates that models write are this coarse: a box so near to an edge may well go on beyond it. */
const edgeShare = 0.02;

/** Position of a side in a box, and which way is outwards. */
export const placeOf: Readonly<Record<Side, { at: 0 | 1 | 2 | 3; outwards: 1 | -1 }>> = {
  left: { at: 0, outwards: -1 },
  top: { at: 1, outwards: -1 },
  right: { at: 2, outwards: 1 },
  bottom: { at: 3, outwards: 1 },
};

export function boxOfWindow({ x, y, width, height }: WindowPx): Box {
  return [x, y, x + width, y + height];
}

/** Around all of them; there must be one. */
export function boxAround(boxes: readonly Box[]): [number, number, number, number] {
  return [
    Math.min(...boxes.map(([x0]) => x0)),
    Math.min(...boxes.map(([, y0]) => y0)),
    Math.max(...boxes.map(([, , x1]) => x1)),
    Math.max(...boxes.map(([, , , y1]) => y1)),
  ];
}

export function clipBox(box: Box, to: Box): Box {
  return [Math.max(box[0], to[0]), Math.max(box[1], to[1]), Math.min(box[2], to[2]), Math.min(box[3], to[3])];
}

/** 0 where one of them has no area. */
export function boxIou(a: Box, b: Box): number {
  const area = ([x0, y0, x1, y1]: Box): number => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
  const shared = area(clipBox(a, b));
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared);
}

/** The sides on which an object goes up to an edge of its tile beyond which there is more to see. */
export function cutSides(box: Box, runs: Runs, tilePx: WindowPx, targetPx: WindowPx): Side[] {
  const tile = boxOfWindow(tilePx);
  const target = boxOfWindow(targetPx);
  const mask = runs.length === 0 ? null : boxOfWindow(boundsOfRuns(runs));
  return sides.filter((side) => {
    const { at, outwards } = placeOf[side];
    const isInner = (target[at] - tile[at]) * outwards > 0;
    const near = edgeShare * (at % 2 === 0 ? tilePx.width : tilePx.height);
    const boxReaches = (tile[at] - box[at]) * outwards <= near;
    const maskReaches = mask !== null && (tile[at] - mask[at]) * outwards <= 0;
    return isInner && (boxReaches || maskReaches);
  });
}

/**
 * Whole pixels around the middle of a box, moved into the target: as large as a tile, larger only where `contextFactor` times the box is.
 */
export function windowAround(
  [x0, y0, x1, y1]: Box,
  contextFactor: number,
  tileSizePx: Pick<WindowPx, 'width' | 'height'>,
  targetPx: WindowPx,
): WindowPx {
  const scale = Math.max(
    1,
    (contextFactor * (x1 - x0)) / tileSizePx.width,
    (contextFactor * (y1 - y0)) / tileSizePx.height,
  );
  const width = Math.min(targetPx.width, Math.ceil(tileSizePx.width * scale));
  const height = Math.min(targetPx.height, Math.ceil(tileSizePx.height * scale));
  return {
    x: placed((x0 + x1 - width) / 2, targetPx.x, targetPx.x + targetPx.width - width),
    y: placed((y0 + y1 - height) / 2, targetPx.y, targetPx.y + targetPx.height - height),
    width,
    height,
  };
}

function placed(start: number, lowest: number, highest: number): number {
  return Math.min(Math.max(Math.round(start), lowest), highest);
}
