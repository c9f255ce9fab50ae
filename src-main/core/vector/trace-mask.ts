import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { doubled } from './doubled.ts';
import { groupAcrossCorners, labelComponents, type LabelledComponents } from './label-components.ts';
import { cropToLabels } from './mask-crop.ts';
import { findRuns, type LabelMask, type MaskRuns } from './mask-runs.ts';

/** The outline of one connected component. Coordinates are pixel corners: pixel (0, 0) covers (0, 0)..(1, 1). */
export interface TracedPolygon {
  readonly label: number;
  /**
   * One part with 4-connectivity. With 8-connectivity a component that hangs together at corners only has a part for
   * each 4-connected piece: as one ring it would touch itself, which simple-features geometry forbids.
   * In pixel coordinates (y down) exteriors have a positive shoelace area, holes a negative one.
   */
  readonly parts: readonly PolygonRings[];
}

export interface TraceOptions {
  /** 4: pixels hang together at edges. 8: at corners too. */
  readonly connectivity: 4 | 8;
}

/**
 * Traces every connected component of equal non-zero label along its pixel edges: exact area, exact holes, vertices only
 * where the border turns. All rings are simple and every part is a valid simple-features polygon.
 *
 * @param mask `height * width` labels, row-major, 0 = background.
 * @returns one polygon per component, in the order of the first pixel of each, row by row.
 */
export function traceMask(mask: LabelMask, width: number, height: number, options: TraceOptions): TracedPolygon[] {
  return [...iterateTracedPolygons(mask, width, height, options)];
}

/**
 * As `traceMask`, one polygon at a time: for masks with millions of components, where all polygons as objects would
 * not fit into memory. Working memory is 3 to 4 bytes a pixel for ordinary 8-bit masks and at most 45 (a checkerboard).
 */
export function* iterateTracedPolygons(
  wholeMask: LabelMask,
  wholeWidth: number,
  wholeHeight: number,
  { connectivity }: TraceOptions,
): Generator<TracedPolygon, void, undefined> {
  const crop = cropToLabels(wholeMask, wholeWidth, wholeHeight);
  const { mask, width, height } = crop;
  const runs = findRuns(mask, width, height);
  const labelled = labelComponents(runs);
  const traced = traceRings(mask, runs, labelled, width);
  const components = bucket(traced.componentOfRing, traced.ringCount, labelled.count);
  if (connectivity === 4) {
    for (let component = 0; component < labelled.count; component++) {
      yield { label: traced.labelOf[component]!, parts: [polygonOf(traced, components, component, crop)] };
    }
    return;
  }
  const { groupOf, count } = groupAcrossCorners(runs, labelled);
  const groups = bucket(groupOf, labelled.count, count);
  for (let group = 0; group < count; group++) {
    const parts: PolygonRings[] = [];
    for (let i = groups.start[group]!; i < groups.start[group + 1]!; i++) {
      parts.push(polygonOf(traced, components, groups.member[i]!, crop));
    }
    yield { label: traced.labelOf[groups.member[groups.start[group]!]!]!, parts };
  }
}

/** All rings of a mask, packed. Ring `r` holds the values `ringStart[r]..ringStart[r + 1]` of `coordinates`. */
interface TracedRings {
  readonly coordinates: Int32Array;
  readonly ringStart: Int32Array;
  readonly ringCount: number;
  /** 0-based component of each ring; the first ring of a component is its exterior. */
  readonly componentOfRing: Int32Array;
  readonly labelOf: Uint16Array;
}

/**
 * Follows each border once, with the component on the right hand, from the first of its upper edges.
 *
 * Where two pixels of one component meet at a corner only, the walk turns left, that is it stays with the component
 * across the corner. The two pixels are joined by a path of edges elsewhere; with the corner that path closes a loop which
 * separates the two background pixels, so the two passes of the corner belong to different rings: every ring is simple,
 * and holes touch other rings at points only.
 *
 * Pixels that share an edge are of one component if they have one label, so the walk compares labels. Only the two pixels
 * of such a corner may have one label and be of two components: of those the components are looked up.
 */
function traceRings(mask: LabelMask, runs: MaskRuns, labelled: LabelledComponents, width: number): TracedRings {
  const { componentOf } = labelled;
  const height = runs.ofRow.length - 1;
  const { labels, stride } = withMargin(mask, width, height);
  const edges = upperEdges(runs, componentOf);
  // 1 where the upper edge of the pixel has been walked.
  const walked = new Uint8Array(labels.length);
  const isOf = (component: number, column: number, row: number): boolean =>
    componentOf[runAt(runs, column, row)] === component;
  let coordinates = new Int32Array(1 << 14);
  let ringStart = new Int32Array(1 << 10);
  let componentOfRing = new Int32Array(1 << 10);
  let used = 0;
  let ringCount = 0;

  for (let startY = 0; startY < height; startY++) {
    for (let edge = edges.ofRow[startY]!; edge < edges.ofRow[startY + 1]!; edge++) {
      const startX = edges.column[edge]!;
      const pixel = (startY + 1) * stride + 1 + startX;
      if (walked[pixel] === 1) {
        continue;
      }
      const run = runAt(runs, startX, startY);
      const own = runs.label[run]!;
      const ownComponent = componentOf[run]!;
      if (ringCount + 2 > ringStart.length) {
        ringStart = doubled(ringStart);
        componentOfRing = doubled(componentOfRing);
      }
      componentOfRing[ringCount] = ownComponent - 1;
      // `at` is the pixel to the lower right of the current vertex (x, y).
      let at = pixel;
      let x = startX;
      let y = startY;
      let east = true;
      do {
        if (used + 4 > coordinates.length) {
          coordinates = doubled(coordinates);
        }
        coordinates[used] = x;
        coordinates[used + 1] = y;
        let south: boolean;
        const from = at;
        if (east) {
          do {
            walked[at] = 1;
            at++;
          } while (labels[at - stride] !== own && labels[at] === own);
          x += at - from;
          south = labels[at - stride] !== own || (labels[at] !== own && !isOf(ownComponent, x, y - 1));
        } else {
          do {
            at--;
          } while (labels[at - 1] !== own && labels[at - stride - 1] === own);
          x += at - from;
          south = labels[at - 1] === own && (labels[at - stride - 1] === own || isOf(ownComponent, x - 1, y));
        }
        coordinates[used + 2] = x;
        coordinates[used + 3] = y;
        used += 4;
        if (south) {
          do {
            at += stride;
            y++;
          } while (labels[at] !== own && labels[at - 1] === own);
          east = labels[at] === own && (labels[at - 1] === own || isOf(ownComponent, x, y));
        } else {
          do {
            at -= stride;
            y--;
          } while (labels[at - stride - 1] !== own && labels[at - stride] === own);
          east = labels[at - stride - 1] !== own || (labels[at - stride] !== own && !isOf(ownComponent, x - 1, y - 1));
        }
      } while (at !== pixel);
      ringStart[++ringCount] = used;
    }
  }
  return { coordinates, ringStart, ringCount, componentOfRing, labelOf: labelOfEach(runs, labelled) };
}

/**
 * The mask with a margin of zeros: pixel (x, y) is at `(y + 1) * stride + x + 1`, where `stride` is `width + 1`. With the margin the
 * walk looks around a vertex without checking bounds; one column of zeros is the right margin of a row and the left margin of the next.
 */
function withMargin(mask: LabelMask, width: number, height: number): { labels: LabelMask; stride: number } {
  const stride = width + 1;
  const size = (height + 2) * stride + 1;
  const labels = mask instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size);
  for (let y = 0; y < height; y++) {
    labels.set(mask.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  }
  return { labels, stride };
}

/** The run that a pixel which is no background belongs to. */
function runAt({ ofRow, start }: MaskRuns, column: number, row: number): number {
  let low = ofRow[row]!;
  let high = ofRow[row + 1]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (start[middle]! <= column) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Where the upper edges of components begin, from left to right, row by row. Those of row `y` are `ofRow[y]..ofRow[y + 1]`. */
interface UpperEdges {
  readonly ofRow: Int32Array;
  readonly column: Int32Array;
}

/** The upper side of a run without what lies under runs of its component. */
function upperEdges({ ofRow, start, end }: MaskRuns, componentOf: Int32Array): UpperEdges {
  const height = ofRow.length - 1;
  const edgesOfRow = new Int32Array(height + 1);
  // A run begins at most one edge, and one more behind each run that it lies under.
  const column = new Int32Array(2 * componentOf.length);
  let count = 0;
  for (let y = 0; y < height; y++) {
    let above = y === 0 ? 0 : ofRow[y - 1]!;
    for (let run = ofRow[y]!; run < ofRow[y + 1]!; run++) {
      while (above < ofRow[y]! && end[above]! <= start[run]!) {
        above++;
      }
      let free = start[run]!;
      for (let other = above; other < ofRow[y]! && start[other]! < end[run]!; other++) {
        if (componentOf[other] === componentOf[run]) {
          if (free < start[other]!) {
            column[count++] = free;
          }
          free = end[other]!;
        }
      }
      if (free < end[run]!) {
        column[count++] = free;
      }
    }
    edgesOfRow[y + 1] = count;
  }
  return { ofRow: edgesOfRow, column };
}

/** The label of each component, in order. */
function labelOfEach({ label }: MaskRuns, { componentOf, count }: LabelledComponents): Uint16Array {
  const labelOf = new Uint16Array(count);
  for (let run = 0; run < componentOf.length; run++) {
    labelOf[componentOf[run]! - 1] = label[run]!;
  }
  return labelOf;
}

/** Members of bucket `b` are `member[start[b]..start[b + 1]]`, in ascending order. */
interface Buckets {
  readonly start: Int32Array;
  readonly member: Int32Array;
}

/** Counting sort of `0..length` by `bucketOf`. */
function bucket(bucketOf: Int32Array, length: number, bucketCount: number): Buckets {
  const start = new Int32Array(bucketCount + 1);
  for (let i = 0; i < length; i++) {
    start[bucketOf[i]! + 1]!++;
  }
  for (let b = 0; b < bucketCount; b++) {
    start[b + 1]! += start[b]!;
  }
  const fill = start.slice(0, bucketCount);
  const member = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    member[fill[bucketOf[i]!]!++] = i;
  }
  return { start, member };
}

/** Rings of the crop, in coordinates of the whole mask. */
function polygonOf(
  traced: TracedRings,
  components: Buckets,
  component: number,
  { x, y }: { readonly x: number; readonly y: number },
): PolygonRings {
  const rings: RingCoordinates[] = [];
  for (let i = components.start[component]!; i < components.start[component + 1]!; i++) {
    const from = traced.ringStart[components.member[i]!]!;
    const to = traced.ringStart[components.member[i]! + 1]!;
    const ring = new Float64Array(to - from);
    for (let k = from; k < to; k += 2) {
      ring[k - from] = traced.coordinates[k]! + x;
      ring[k - from + 1] = traced.coordinates[k + 1]! + y;
    }
    rings.push(ring);
  }
  return { rings };
}
