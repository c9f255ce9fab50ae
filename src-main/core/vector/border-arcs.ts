import { Think2SegError } from '../../contract/errors.ts';
import type { RingCoordinates } from '../ports.ts';

/** Coordinates closer than this are one coordinate: masks placed on the same grid by different sums meet again. */
const snapPx = 1e-6;

/** Steps on the lattice, clockwise with y down: the opposite of step `s` is `(s + 2) & 3`. */
const stepX = [1, 0, -1, 0] as const;
const stepY = [0, 1, 0, -1] as const;

/**
 * The borders of many rings, cut where borders meet: each stretch between two meeting points is one arc, held once however
 * many rings run along it, in either direction.
 */
export interface BorderArcs {
  /** Vertices of all arcs; arc `k` has those of index `start[k]..start[k + 1]`. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly start: Int32Array;
  /** The meeting points an arc joins. A ring that meets nothing is one arc without ends: -1, its first vertex not repeated. */
  readonly fromNode: Int32Array;
  readonly toNode: Int32Array;
  /** For each ring, its arcs in order: `k` along arc k, `~k` against it. */
  readonly arcsOfRing: readonly (readonly number[])[];
}

/**
 * Cuts rings into arcs. Every edge must run along an axis, as those of traced masks do; the rings may come from
 * different pixel grids and may overlap: where they cross is a meeting point too.
 */
export function cutIntoArcs(rings: readonly RingCoordinates[]): BorderArcs {
  const columns = distinctCoordinates(rings, 0);
  const rows = distinctCoordinates(rings, 1);
  const columnCount = columns.values.length;

  // On the lattice of all coordinates that occur, borders consist of unit steps and can meet at lattice points only.
  const walks = rings.map((ring) => latticeWalk(ring, columns, rows));
  const points = new LatticePoints(walks.reduce((sum, walk) => sum + walk.steps.length, 0));
  /** Bit `s` of a point: a border leaves it by step `s`. */
  const leaving = new Uint8Array(points.capacity);
  const nodesOfWalk = walks.map(({ keyX, keyY, steps }) => {
    const nodes = new Int32Array(steps.length);
    let x = keyX;
    let y = keyY;
    let node = points.indexOf(y * columnCount + x);
    steps.forEach((step, i) => {
      nodes[i] = node;
      leaving[node]! |= 1 << step;
      x += stepX[step]!;
      y += stepY[step]!;
      node = points.indexOf(y * columnCount + x);
      leaving[node]! |= 1 << ((step + 2) & 3);
    });
    return nodes;
  });

  const xs: number[] = [];
  const ys: number[] = [];
  const start = [0];
  const fromNode: number[] = [];
  const toNode: number[] = [];
  /** `arc + 1` by the point it leaves and the step it leaves it with. */
  const arcLeaving = new Int32Array(points.count * 4);

  const arcsOfRing = walks.map(({ steps }, ring) => {
    const nodes = nodesOfWalk[ring]!;
    const length = steps.length;
    const cuts: number[] = [];
    for (let i = 0; i < length; i++) {
      if (isMeetingPoint(leaving[nodes[i]!]!)) {
        cuts.push(i);
      }
    }
    const closed = cuts.length === 0;
    if (closed) {
      // Two rings may coincide; both must start at the same point to be found equal.
      let first = 0;
      for (let i = 1; i < length; i++) {
        if (points.keys[nodes[i]!]! < points.keys[nodes[first]!]!) {
          first = i;
        }
      }
      cuts.push(first);
    }
    return cuts.map((from, cut) => {
      const to = cut + 1 < cuts.length ? cuts[cut + 1]! : cuts[0]! + length;
      const firstNode = nodes[from]!;
      const lastNode = nodes[to % length]!;
      const along = arcLeaving[firstNode * 4 + steps[from]!]!;
      if (along > 0) {
        return along - 1;
      }
      const against = arcLeaving[lastNode * 4 + ((steps[(to - 1) % length]! + 2) & 3)]!;
      if (against > 0) {
        return ~(against - 1);
      }
      const arc = fromNode.length;
      arcLeaving[firstNode * 4 + steps[from]!] = arc + 1;
      const addVertex = (node: number) => {
        const key = points.keys[node]!;
        xs.push(columns.values[key % columnCount]!);
        ys.push(rows.values[Math.floor(key / columnCount)]!);
      };
      addVertex(firstNode);
      for (let i = from + 1; i < to; i++) {
        if (steps[i % length] !== steps[(i - 1) % length]) {
          addVertex(nodes[i % length]!);
        }
      }
      if (!closed) {
        addVertex(lastNode);
      }
      start.push(xs.length);
      fromNode.push(closed ? -1 : firstNode);
      toNode.push(closed ? -1 : lastNode);
      return arc;
    });
  });
  return {
    x: Float64Array.from(xs),
    y: Float64Array.from(ys),
    start: Int32Array.from(start),
    fromNode: Int32Array.from(fromNode),
    toNode: Int32Array.from(toNode),
    arcsOfRing,
  };
}

/** A border passes through a point by two steps; any other number means that borders meet. */
function isMeetingPoint(leaving: number): boolean {
  let ways = 0;
  for (let bits = leaving; bits > 0; bits &= bits - 1) {
    ways++;
  }
  return ways !== 2;
}

/** Distinct coordinates of one axis, ascending, and the place of each. */
interface Axis {
  readonly values: number[];
  readonly rank: Map<number, number>;
}

function distinctCoordinates(rings: readonly RingCoordinates[], axis: 0 | 1): Axis {
  const rank = new Map<number, number>();
  for (const ring of rings) {
    for (let i = axis; i < ring.length; i += 2) {
      rank.set(ring[i]!, 0);
    }
  }
  const values: number[] = [];
  for (const value of [...rank.keys()].sort((a, b) => a - b)) {
    if (values.length === 0 || value - values[values.length - 1]! > snapPx) {
      values.push(value);
    }
    rank.set(value, values.length - 1);
  }
  return { values, rank };
}

/** A closed ring as unit steps on the lattice of distinct coordinates, from its first vertex. */
function latticeWalk(
  ring: RingCoordinates,
  columns: Axis,
  rows: Axis,
): { keyX: number; keyY: number; steps: number[] } {
  const steps: number[] = [];
  const keyX = columns.rank.get(ring[0]!)!;
  const keyY = rows.rank.get(ring[1]!)!;
  let x = keyX;
  let y = keyY;
  for (let i = 2; i <= ring.length; i += 2) {
    const nextX = columns.rank.get(ring[i % ring.length]!)!;
    const nextY = rows.rank.get(ring[(i + 1) % ring.length]!)!;
    if (nextX !== x && nextY !== y) {
      throw new Think2SegError(
        'INTERNAL',
        `a ring to be simplified has a slanted edge at vertex ${i / 2}; only traced rings, whose edges follow the axes, can be cut into shared borders`,
      );
    }
    const step = nextX > x ? 0 : nextY > y ? 1 : nextX < x ? 2 : 3;
    for (let left = Math.abs(nextX - x) + Math.abs(nextY - y); left > 0; left--) {
      steps.push(step);
    }
    x = nextX;
    y = nextY;
  }
  return { keyX, keyY, steps };
}

/** Numbers lattice points from 0 as they come up: a hash table with open addressing in two typed arrays. */
class LatticePoints {
  /** Key of each numbered point. */
  readonly keys: Float64Array;
  readonly capacity: number;
  count = 0;
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(capacity: number) {
    this.capacity = Math.max(1, capacity);
    this.keys = new Float64Array(this.capacity);
    const size = 2 ** Math.ceil(Math.log2(this.capacity * 2 + 1));
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
  }

  indexOf(key: number): number {
    const hash = Math.imul((key % 0x1_0000_0000) ^ (key / 0x1_0000_0000), 0x9e37_79b1);
    for (let slot = (hash ^ (hash >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const index = this.#slots[slot]!;
      if (index === -1) {
        this.#slots[slot] = this.count;
        this.keys[this.count] = key;
        return this.count++;
      }
      if (this.keys[index] === key) {
        return index;
      }
    }
  }
}
