import type { MaskRuns } from './mask-runs.ts';

/** 4-connected components of equal label. */
export interface LabelledComponents {
  /** Component of each run, 1..count, numbered in the order of their first pixel, row by row. */
  readonly componentOf: Int32Array;
  readonly count: number;
}

/** Numbers the 4-connected components of equal label: a union-find forest over runs. Memory: 4 bytes a run. */
export function labelComponents(runs: MaskRuns): LabelledComponents {
  const parent = unjoined(runs.label.length);
  eachContact(runs, 0, (above, run) => {
    join(parent, above, run);
  });
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
  const parent = unjoined(count);
  eachContact(runs, 1, (above, run) => {
    // Runs of one component, among them all that share an edge, are together already.
    if (componentOf[above] !== componentOf[run]) {
      join(parent, componentOf[above]! - 1, componentOf[run]! - 1);
    }
  });
  const groups = numberRoots(parent);
  for (let component = 0; component < count; component++) {
    parent[component]!--;
  }
  return { groupOf: parent, count: groups };
}

/**
 * Visits each run with each run of its label in the row above that has a column in common with it. `reach` 1 also with those
 * that end or begin one column beside it, at a corner.
 */
function eachContact(
  { ofRow, start, end, label }: MaskRuns,
  reach: 0 | 1,
  visit: (above: number, run: number) => void,
): void {
  for (let y = 1; y + 1 < ofRow.length; y++) {
    let above = ofRow[y - 1]!;
    for (let run = ofRow[y]!; run < ofRow[y + 1]!; run++) {
      const first = start[run]! - reach;
      const last = end[run]! + reach;
      while (above < ofRow[y]! && end[above]! <= first) {
        above++;
      }
      for (let other = above; other < ofRow[y]! && start[other]! < last; other++) {
        if (label[other] === label[run]) {
          visit(other, run);
        }
      }
    }
  }
}

/** A forest in which each of `count` nodes is its own root. */
function unjoined(count: number): Int32Array {
  const parent = new Int32Array(count);
  for (let node = 0; node < count; node++) {
    parent[node] = node;
  }
  return parent;
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
