import type { BorderArcs } from './border-arcs.ts';
import { doubled } from './doubled.ts';
import { VertexGrid } from './vertex-grid.ts';

/** A ring that meets no other keeps at least a quadrilateral: a single pixel stays what it is. */
const fewestRingVertices = 4;

/**
 * Removes vertices of arcs, least deviation first, and says which remain (1) or go (0).
 *
 * Two promises. No original vertex is farther than the tolerance from the edge that replaces it. And the topology stays: a
 * vertex `b` between `a` and `c` goes only while the triangle `abc` holds no other vertex of any arc. As no edges cross
 * before, none can cross after (an edge would have to enter and leave the triangle through `ac`), nothing is jumped
 * over, and no order around a meeting point changes. So whatever was valid stays valid, with nothing to repair.
 */
export function thinArcs(arcs: BorderArcs, tolerance: number): Uint8Array {
  const { x, y, start, fromNode, toNode } = arcs;
  const vertexCount = x.length;
  const arcCount = start.length - 1;
  const alive = new Uint8Array(vertexCount).fill(1);
  const previous = new Int32Array(vertexCount);
  const next = new Int32Array(vertexCount);
  const arcOf = new Int32Array(vertexCount);
  const remaining = new Int32Array(arcCount);
  const nodeCount = 1 + fromNode.reduce((highest, node, arc) => Math.max(highest, node, toNode[arc]!), 0);
  const endsKey = (arc: number) =>
    Math.min(fromNode[arc]!, toNode[arc]!) * nodeCount + Math.max(fromNode[arc]!, toNode[arc]!);
  /** Pairs of meeting points that a single edge joins: a second one would coincide with it. */
  const straight = new Set<number>();

  for (let arc = 0; arc < arcCount; arc++) {
    const from = start[arc]!;
    const to = start[arc + 1]!;
    const closed = fromNode[arc] === -1;
    remaining[arc] = to - from;
    for (let v = from; v < to; v++) {
      arcOf[v] = arc;
      previous[v] = v > from ? v - 1 : closed ? to - 1 : -1;
      next[v] = v + 1 < to ? v + 1 : closed ? from : -1;
    }
    if (!closed && to - from === 2) {
      straight.add(endsKey(arc));
    }
  }

  const grid = new VertexGrid(x, y);

  /** Greatest distance of the original vertices between `a` and `c` from the edge `ac`. */
  const deviationOf = (a: number, c: number): number => {
    const arc = arcOf[a]!;
    const last = start[arc + 1]! - 1;
    let greatest = 0;
    for (let v = a === last ? start[arc]! : a + 1; v !== c; v = v === last ? start[arc]! : v + 1) {
      greatest = Math.max(greatest, distanceToSegment(x[v]!, y[v]!, x[a]!, y[a]!, x[c]!, y[c]!));
      if (greatest > tolerance) {
        return Infinity;
      }
    }
    return greatest;
  };

  /** Whether the arc may lose a vertex and still bound something. */
  const mayShrink = (arc: number): boolean => {
    if (fromNode[arc] === -1) {
      return remaining[arc]! > fewestRingVertices;
    }
    if (fromNode[arc] === toNode[arc]) {
      // Both ends are the same point.
      return remaining[arc]! > fewestRingVertices + 1;
    }
    return remaining[arc]! > 3 || !straight.has(endsKey(arc));
  };

  const queue = new DeviationQueue(vertexCount);
  const consider = (v: number) => {
    if (previous[v]! >= 0 && next[v]! >= 0) {
      const deviation = deviationOf(previous[v]!, next[v]!);
      if (deviation <= tolerance) {
        queue.push(v, deviation);
        return;
      }
    }
    queue.forget(v);
  };

  let waiting: number[] = [];
  for (let v = 0; v < vertexCount; v++) {
    waiting.push(v);
  }
  // A vertex that stands in the way may go later; try again until a round changes nothing.
  for (let removed = true; removed;) {
    removed = false;
    for (const v of waiting) {
      if (alive[v] === 1) {
        consider(v);
      }
    }
    waiting = [];
    for (let v = queue.pop(); v >= 0; v = queue.pop()) {
      const arc = arcOf[v]!;
      const a = previous[v]!;
      const c = next[v]!;
      if (!mayShrink(arc) || grid.holdsVertexInTriangle(a, v, c, alive)) {
        waiting.push(v);
        continue;
      }
      alive[v] = 0;
      removed = true;
      next[a] = c;
      previous[c] = a;
      remaining[arc]!--;
      if (remaining[arc] === 2) {
        straight.add(endsKey(arc));
      }
      consider(a);
      consider(c);
    }
  }
  return alive;
}

function distanceToSegment(px: number, py: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const lengthSquared = dx * dx + dy * dy;
  const t = lengthSquared === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / lengthSquared));
  const awayX = px - ax - t * dx;
  const awayY = py - ay - t * dy;
  // Not Math.hypot, whose last digit is the engine's own affair: results repeat anywhere.
  return Math.sqrt(awayX * awayX + awayY * awayY);
}

/** Binary heap of vertices by deviation. A vertex that is pushed again or forgotten leaves a stale entry that `pop` skips. */
class DeviationQueue {
  /** Of each vertex that waits in the heap; NaN of the others. */
  readonly #deviation: Float64Array;
  /** Entries of the heap: a vertex, and the deviation it was pushed with. */
  #vertices: Int32Array<ArrayBuffer>;
  #deviations: Float64Array<ArrayBuffer>;
  #size = 0;

  constructor(vertexCount: number) {
    this.#deviation = new Float64Array(vertexCount).fill(NaN);
    this.#vertices = new Int32Array(vertexCount);
    this.#deviations = new Float64Array(vertexCount);
  }

  push(vertex: number, deviation: number): void {
    this.#deviation[vertex] = deviation;
    if (this.#size === this.#vertices.length) {
      this.#vertices = doubled(this.#vertices);
      this.#deviations = doubled(this.#deviations);
    }
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, vertex, deviation)) {
        break;
      }
      this.#move(parent, at);
      at = parent;
    }
    this.#vertices[at] = vertex;
    this.#deviations[at] = deviation;
  }

  forget(vertex: number): void {
    this.#deviation[vertex] = NaN;
  }

  /** The vertex of least deviation, or -1; equal deviations in vertex order, so that results repeat. */
  pop(): number {
    while (this.#size > 0) {
      const vertex = this.#vertices[0]!;
      const deviation = this.#deviations[0]!;
      this.#removeTop();
      if (this.#deviation[vertex] === deviation) {
        this.forget(vertex);
        return vertex;
      }
    }
    return -1;
  }

  #removeTop(): void {
    const size = --this.#size;
    const vertex = this.#vertices[size]!;
    const deviation = this.#deviations[size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && this.#isAfter(child, this.#vertices[child + 1]!, this.#deviations[child + 1]!)) {
        child++;
      }
      if (this.#isAfter(child, vertex, deviation)) {
        break;
      }
      this.#move(child, at);
      at = child;
    }
    this.#vertices[at] = vertex;
    this.#deviations[at] = deviation;
  }

  /** Whether an entry comes behind a vertex with a deviation. */
  #isAfter(entry: number, vertex: number, deviation: number): boolean {
    const own = this.#deviations[entry]!;
    return own > deviation || (own === deviation && this.#vertices[entry]! > vertex);
  }

  #move(from: number, to: number): void {
    this.#vertices[to] = this.#vertices[from]!;
    this.#deviations[to] = this.#deviations[from]!;
  }
}
