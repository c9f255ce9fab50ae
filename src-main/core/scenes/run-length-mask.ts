/** Masks as runs of scene pixels: what an object takes in memory depends on its outline, not on the scene it lies in. Pure. */
import type { Geotransform, WindowPx } from '../../contract/geo.ts';

/** `[y, x0, x1]` again and again: the pixels `x0 <= x < x1` of row `y`. Sorted by y, then x0; runs of a row do not touch. */
export type Runs = readonly number[];

/** Scene pixels whose centre lies on a set cell of a grid; the grid is not rotated against the scene. */
export function runsOfGrid(mask: Uint8Array, width: number, height: number, gridToScene: Geotransform): number[] {
  const [cellX, , originX, , cellY, originY] = gridToScene;
  const runs: number[] = [];
  const toScene = (gridX: number): number => Math.ceil(originX + gridX * cellX - 0.5);
  for (let y = Math.ceil(originY - 0.5); y < Math.ceil(originY + height * cellY - 0.5); y++) {
    const row = Math.floor((y + 0.5 - originY) / cellY) * width;
    let start = -1;
    for (let x = 0; x <= width; x++) {
      const isSet = x < width && mask[row + x] === 1;
      if (isSet && start < 0) {
        start = x;
      } else if (!isSet && start >= 0) {
        pushRun(runs, y, toScene(start), toScene(x));
        start = -1;
      }
    }
  }
  return runs;
}

function pushRun(runs: number[], y: number, x0: number, x1: number): void {
  if (x1 > x0) {
    runs.push(y, x0, x1);
  }
}

export function areaPxOf(runs: Runs): number {
  let area = 0;
  for (let i = 0; i < runs.length; i += 3) {
    area += runs[i + 2]! - runs[i + 1]!;
  }
  return area;
}

/** The smallest window that holds all runs; there must be one. */
export function boundsOfRuns(runs: Runs): WindowPx {
  let x0 = Infinity;
  let x1 = -Infinity;
  for (let i = 0; i < runs.length; i += 3) {
    x0 = Math.min(x0, runs[i + 1]!);
    x1 = Math.max(x1, runs[i + 2]!);
  }
  const y0 = runs[0]!;
  return { x: x0, y: y0, width: x1 - x0, height: runs[runs.length - 3]! + 1 - y0 };
}

export function clipRuns(runs: Runs, { x, y, width, height }: WindowPx): number[] {
  const clipped: number[] = [];
  for (let i = 0; i < runs.length; i += 3) {
    if (runs[i]! >= y && runs[i]! < y + height) {
      pushRun(clipped, runs[i]!, Math.max(runs[i + 1]!, x), Math.min(runs[i + 2]!, x + width));
    }
  }
  return clipped;
}

/** Number of pixels in both. */
export function sharedAreaPx(a: Runs, b: Runs): number {
  let shared = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] !== b[j]) {
      if (a[i]! < b[j]!) {
        i += 3;
      } else {
        j += 3;
      }
      continue;
    }
    shared += Math.max(0, Math.min(a[i + 2]!, b[j + 2]!) - Math.max(a[i + 1]!, b[j + 1]!));
    if (a[i + 2]! < b[j + 2]!) {
      i += 3;
    } else {
      j += 3;
    }
  }
  return shared;
}

/** Pixels of any of them. */
export function uniteRuns(masks: readonly Runs[]): Runs {
  const [only] = masks;
  if (masks.length === 1 && only !== undefined) {
    return only;
  }
  const all: [number, number, number][] = [];
  for (const runs of masks) {
    for (let i = 0; i < runs.length; i += 3) {
      all.push([runs[i]!, runs[i + 1]!, runs[i + 2]!]);
    }
  }
  all.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const united: number[] = [];
  for (const [y, x0, x1] of all) {
    const last = united.length - 3;
    if (last >= 0 && united[last] === y && x0 <= united[last + 2]!) {
      united[last + 2] = Math.max(united[last + 2]!, x1);
    } else {
      united.push(y, x0, x1);
    }
  }
  return united;
}

export interface DenseMask {
  /** `height * width`, 1 = set. */
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly gridToScene: Geotransform;
}

/** The pixels of an object larger than this a side are taken together, so that its grid stays small enough to hold. */
const maxGridSidePx = 4096;

/** The mask on a grid of its own, as fine as the scene where that can be held. */
export function gridOfRuns(runs: Runs): DenseMask {
  const { x, y, width: spanX, height: spanY } = boundsOfRuns(runs);
  const cellPx = Math.ceil(Math.max(spanX, spanY) / maxGridSidePx);
  const width = Math.ceil(spanX / cellPx);
  const height = Math.ceil(spanY / cellPx);
  const mask = new Uint8Array(width * height);
  for (let i = 0; i < runs.length; i += 3) {
    const row = Math.floor((runs[i]! - y) / cellPx) * width;
    const from = Math.floor((runs[i + 1]! - x) / cellPx);
    mask.fill(1, row + from, row + Math.ceil((runs[i + 2]! - x) / cellPx));
  }
  return { mask, width, height, gridToScene: [cellPx, 0, x, 0, cellPx, y] };
}
