import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { groupAcrossCorners, labelComponents, type LabelledComponents, type LabelMask } from './label-components.ts';
import { cropToLabels } from './mask-crop.ts';

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
 * not fit into memory. Working memory is about 6 bytes a pixel for ordinary masks and at most 40 (a checkerboard).
 */
export function* iterateTracedPolygons(
  wholeMask: LabelMask,
  wholeWidth: number,
  wholeHeight: number,
  { connectivity }: TraceOptions,
): Generator<TracedPolygon, void, undefined> {
  const crop = cropToLabels(wholeMask, wholeWidth, wholeHeight);
  const { mask, width, height } = crop;
  const labelled = labelComponents(mask, width, height);
  const traced = traceRings(mask, width, height, labelled);
  const components = bucket(traced.componentOfRing, traced.ringCount, labelled.count);
  if (connectivity === 4) {
    for (let component = 0; component < labelled.count; component++) {
      yield { label: traced.labelOf[component]!, parts: [polygonOf(traced, components, component, crop)] };
    }
    return;
  }
  const { groupOf, count } = groupAcrossCorners(mask, width, height, labelled);
  const groups = bucket(groupOf.subarray(1), labelled.count, count);
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
 * Follows each border once, with the component on the right hand.
 *
 * Where two pixels of one component meet at a corner only, the walk turns left, that is it stays with the component
 * across the corner. The two pixels are joined by a path of edges elsewhere; with the corner that path closes a loop which
 * separates the two background pixels, so the two passes of the corner belong to different rings: every ring is simple,
 * and holes touch other rings at points only.
 */
function traceRings(mask: LabelMask, width: number, height: number, labelled: LabelledComponents): TracedRings {
  const { component, stride, count } = labelled;
  // 1 where the upper edge of the pixel has been walked.
  const walked = new Uint8Array(component.length);
  const labelOf = new Uint16Array(count);
  let coordinates = new Int32Array(1 << 14);
  let ringStart = new Int32Array(1 << 10);
  let componentOfRing = new Int32Array(1 << 10);
  let used = 0;
  let ringCount = 0;

  for (let startY = 0; startY < height; startY++) {
    let pixel = (startY + 1) * stride + 1;
    for (let startX = 0; startX < width; startX++, pixel++) {
      const own = component[pixel]!;
      if (own === 0 || component[pixel - stride] === own || walked[pixel] === 1) {
        continue;
      }
      if (ringCount + 2 > ringStart.length) {
        ringStart = grow(ringStart);
        componentOfRing = grow(componentOfRing);
      }
      labelOf[own - 1] = mask[startY * width + startX]!;
      componentOfRing[ringCount] = own - 1;
      // `at` is the pixel to the lower right of the current vertex (x, y).
      let at = pixel;
      let x = startX;
      let y = startY;
      let east = true;
      do {
        if (used + 4 > coordinates.length) {
          coordinates = grow(coordinates);
        }
        coordinates[used] = x;
        coordinates[used + 1] = y;
        let south: boolean;
        const from = at;
        if (east) {
          do {
            walked[at] = 1;
            at++;
          } while (component[at - stride] !== own && component[at] === own);
          south = component[at - stride] !== own;
        } else {
          do {
            at--;
          } while (component[at - 1] !== own && component[at - stride - 1] === own);
          south = component[at - 1] === own;
        }
        x += at - from;
        coordinates[used + 2] = x;
        coordinates[used + 3] = y;
        used += 4;
        if (south) {
          do {
            at += stride;
            y++;
          } while (component[at] !== own && component[at - 1] === own);
          east = component[at] === own;
        } else {
          do {
            at -= stride;
            y--;
          } while (component[at - stride - 1] !== own && component[at - stride] === own);
          east = component[at - stride - 1] !== own;
        }
      } while (at !== pixel);
      ringStart[++ringCount] = used;
    }
  }
  return { coordinates, ringStart, ringCount, componentOfRing, labelOf };
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

function grow(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}
