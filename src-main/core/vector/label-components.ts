import type { MaskRuns } from './mask-runs.ts';

/** 4-connected components of equal label. */
export interface LabelledComponents {
  /** Component of each run, 1..count, numbered in the order of their first pixel, row by row. */
  readonly componentOf: Int32Array;
  readonly count: number;
}

/** Numbers the 4-connected components of equal label: a union-find forest over runs. Memory: 4 bytes a run. */
export function labelComponents(runs: MaskRuns): LabelledComponents {
  const { ofRow, start, end, label } = runs;
  const runCount = ofRow[ofRow.length - 1]!;
  const parent = new Int32Array(runCount);
  for (let y = 0; y + 1 < ofRow.length; y++) {
    let above = y === 0 ? 0 : ofRow[y - 1]!;
    for (let run = ofRow[y]!; run < ofRow[y + 1]!; run++) {
      parent[run] = run;
      while (above < ofRow[y]! && end[above]! <= start[run]!) {
        above++;
      }
      for (let other = above; other < ofRow[y]! && start[other]! < end[run]!; other++) {
        if (label[other] === label[run]) {
          join(parent, other, run);
        }
      }
    }
  }
  return { componentOf: parent, count: numberRoots(parent) };
}

/**
 * Joins 4-connected components of equal label that meet at a corner.
 *
 * @returns for each component (component `c` at `c - 1`) its 8-connected group, groups numbered from 0 in the order of their first pixel.
 */
export function groupAcrossCorners(
  runs: MaskRuns,
  { componentOf, count }: LabelledComponents,
): { groupOf: Int32Array; count: number } {
  const { ofRow, start, end, label } = runs;
  const parent = new Int32Array(count);
  for (let component = 0; component < count; component++) {
    parent[component] = component;
  }
  for (let y = 1; y + 1 < ofRow.length; y++) {
    let above = ofRow[y - 1]!;
    for (let run = ofRow[y]!; run < ofRow[y + 1]!; run++) {
      while (above < ofRow[y]! && end[above]! < start[run]!) {
        above++;
      }
      for (let other = above; other < ofRow[y]! && start[other]! <= end[run]!; other++) {
        const atCorner = end[other] === start[run] || start[other] === end[run];
        if (atCorner && label[other] === label[run] && componentOf[other] !== componentOf[run]) {
          join(parent, componentOf[other]! - 1, componentOf[run]! - 1);
        }
      }
    }
  }
  const groups = numberRoots(parent);
  for (let component = 0; component < count; component++) {
    parent[component]!--;
  }
  return { groupOf: parent, count: groups };
}

/** The smaller root becomes the parent, so that a parent is never greater than its child. */
function join(parent: Int32Array, first: number, second: number): void {
  const rootOfFirst = findRoot(parent, first);
  const rootOfSecond = findRoot(parent, second);
  if (rootOfFirst < rootOfSecond) {
    parent[rootOfSecond] = rootOfFirst;
  } else {
    parent[rootOfFirst] = rootOfSecond;
  }
}

function findRoot(parent: Int32Array, start: number): number {
  let node = start;
  while (parent[node] !== node) {
    parent[node] = parent[parent[node]!]!;
    node = parent[node]!;
  }
  return node;
}

/** Replaces each entry by the number (from 1) of its root, in one pass: parents come first. */
function numberRoots(parent: Int32Array): number {
  let count = 0;
  for (let i = 0; i < parent.length; i++) {
    parent[i] = parent[i] === i ? ++count : parent[parent[i]!]!;
  }
  return count;
}
