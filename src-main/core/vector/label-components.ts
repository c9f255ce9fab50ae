/** A mask of labels, `height * width`, row-major; 0 is background. */
export type LabelMask = Uint8Array | Uint16Array;

/** 4-connected components of equal label. */
export interface LabelledComponents {
  /**
   * Component of each pixel, 0 = background, in a grid with a margin of zeros: pixel (x, y) is at
   * `(y + 1) * stride + x + 1`. The margin lets the tracer look around a vertex without bounds checks.
   */
  readonly component: Int32Array;
  /** `width + 1`: one zero column serves as right margin of a row and as left margin of the next one. */
  readonly stride: number;
  /** Components are numbered 1..count in the order of their first pixel, row by row. */
  readonly count: number;
}

/**
 * Numbers the 4-connected components of equal non-zero label. One pass over horizontal runs with a union-find forest,
 * one pass to renumber. Memory: 4 bytes a pixel, and 4 bytes a run that starts something new.
 */
export function labelComponents(mask: LabelMask, width: number, height: number): LabelledComponents {
  const stride = width + 1;
  const component = new Int32Array((height + 2) * stride + 1);
  let parent = new Int32Array(1024);
  let next = 1;

  for (let y = 0; y < height; y++) {
    const row = y * width;
    const gridRow = (y + 1) * stride + 1;
    let x = 0;
    while (x < width) {
      const label = mask[row + x]!;
      if (label === 0) {
        x++;
        continue;
      }
      let end = x + 1;
      while (end < width && mask[row + end] === label) {
        end++;
      }
      let root = 0;
      let lastAbove = 0;
      for (let column = x; column < end; column++) {
        const above = component[gridRow - stride + column]!;
        if (above === 0 || above === lastAbove || mask[row - width + column] !== label) {
          continue;
        }
        lastAbove = above;
        const rootAbove = findRoot(parent, above);
        if (root === 0) {
          root = rootAbove;
        } else if (rootAbove < root) {
          parent[root] = rootAbove;
          root = rootAbove;
        } else {
          parent[rootAbove] = root;
        }
      }
      if (root === 0) {
        if (next === parent.length) {
          const grown = new Int32Array(parent.length * 2);
          grown.set(parent);
          parent = grown;
        }
        root = next++;
        parent[root] = root;
      }
      component.fill(root, gridRow + x, gridRow + end);
      x = end;
    }
  }

  const count = numberRoots(parent, next);
  for (let i = stride + 1; i < component.length; i++) {
    const provisional = component[i]!;
    if (provisional !== 0) {
      component[i] = parent[provisional]!;
    }
  }
  return { component, stride, count };
}

/**
 * Joins 4-connected components of equal label that meet at a corner.
 *
 * @returns for each component 1..count its 8-connected group, groups numbered from 0 in the order of their first pixel.
 */
export function groupAcrossCorners(
  mask: LabelMask,
  width: number,
  height: number,
  labelled: LabelledComponents,
): { groupOf: Int32Array; count: number } {
  const { component, stride, count } = labelled;
  const parent = new Int32Array(count + 1);
  for (let i = 1; i <= count; i++) {
    parent[i] = i;
  }
  /** Joins the components of two pixels, in the grid with its margin, when both have one and their labels are equal. */
  const join = (a: number, b: number, pixelA: number, pixelB: number): void => {
    const [componentA, componentB] = [component[a]!, component[b]!];
    if (componentA === 0 || componentB === 0 || componentA === componentB || mask[pixelA] !== mask[pixelB]) {
      return;
    }
    const rootA = findRoot(parent, componentA);
    const rootB = findRoot(parent, componentB);
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  };
  for (let y = 1; y < height; y++) {
    const row = (y + 1) * stride + 1;
    let before = 0;
    // Inside a run of equal pixels every pixel above a neighbour hangs together with it: only the ends of runs meet others at corners.
    for (let x = 0; x <= width; x++) {
      const here = row + x;
      const own = component[here]!;
      if (own === before) {
        continue;
      }
      const pixel = y * width + x;
      if (own !== 0) {
        join(here - stride - 1, here, pixel - width - 1, pixel);
      }
      if (before !== 0) {
        join(here - stride, here - 1, pixel - width, pixel - 1);
      }
      before = own;
    }
  }
  const groups = numberRoots(parent, count + 1);
  for (let i = 1; i <= count; i++) {
    parent[i] = parent[i]! - 1;
  }
  return { groupOf: parent, count: groups };
}

function findRoot(parent: Int32Array, start: number): number {
  let node = start;
  while (parent[node] !== node) {
    parent[node] = parent[parent[node]!]!;
    node = parent[node]!;
  }
  return node;
}

/** Replaces each entry by the number (from 1) of its root. A parent is never greater than its child, so one pass is enough. */
function numberRoots(parent: Int32Array, length: number): number {
  let count = 0;
  for (let i = 1; i < length; i++) {
    parent[i] = parent[i] === i ? ++count : parent[parent[i]!]!;
  }
  return count;
}
