import type { RingCoordinates } from '../ports.ts';

/**
 * Whether the rings of one polygon cross, overlap or touch other than at a common vertex, or one ring meets a vertex of its own
 * twice. Rings that were valid become so when rounding moves their vertices. Sweeps over x; exact for coordinates that are whole
 * multiples of 10^-decimals and span less than 10^7 of them.
 */
export function ringsCross(rings: readonly RingCoordinates[], decimals: number): boolean {
  const factor = 10 ** decimals;
  const originX = rings[0]?.[0] ?? 0;
  const originY = rings[0]?.[1] ?? 0;
  const segments: Segment[] = [];
  for (const ring of rings) {
    const vertices = new Set<string>();
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      const segment = {
        ax: Math.round((ring[i]! - originX) * factor),
        ay: Math.round((ring[i + 1]! - originY) * factor),
        bx: Math.round((ring[next]! - originX) * factor),
        by: Math.round((ring[next + 1]! - originY) * factor),
      };
      const vertex = `${segment.ax},${segment.ay}`;
      if (vertices.has(vertex)) {
        return true;
      }
      vertices.add(vertex);
      segments.push(segment);
    }
  }
  segments.sort((left, right) => Math.min(left.ax, left.bx) - Math.min(right.ax, right.bx));
  let active: Segment[] = [];
  for (const segment of segments) {
    const minX = Math.min(segment.ax, segment.bx);
    const minY = Math.min(segment.ay, segment.by);
    const maxY = Math.max(segment.ay, segment.by);
    active = active.filter((other) => Math.max(other.ax, other.bx) >= minX);
    for (const other of active) {
      if (Math.max(other.ay, other.by) >= minY && Math.min(other.ay, other.by) <= maxY && meetWrongly(segment, other)) {
        return true;
      }
    }
    active.push(segment);
  }
  return false;
}

interface Segment {
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
}

function meetWrongly(s: Segment, t: Segment): boolean {
  const a = side(s, t.ax, t.ay);
  const b = side(s, t.bx, t.by);
  const c = side(t, s.ax, s.ay);
  const d = side(t, s.bx, s.by);
  if (a * b < 0 && c * d < 0) {
    return true;
  }
  return (
    (a === 0 && strictlyInside(s, t.ax, t.ay)) ||
    (b === 0 && strictlyInside(s, t.bx, t.by)) ||
    (c === 0 && strictlyInside(t, s.ax, s.ay)) ||
    (d === 0 && strictlyInside(t, s.bx, s.by)) ||
    (s.ax === t.bx && s.ay === t.by && s.bx === t.ax && s.by === t.ay) ||
    (s.ax === t.ax && s.ay === t.ay && s.bx === t.bx && s.by === t.by)
  );
}

function side(s: Segment, x: number, y: number): number {
  return Math.sign((s.bx - s.ax) * (y - s.ay) - (s.by - s.ay) * (x - s.ax));
}

/** For a point on the line of `s`: whether it lies between its ends. */
function strictlyInside(s: Segment, x: number, y: number): boolean {
  return (x - s.ax) * (x - s.bx) + (y - s.ay) * (y - s.by) < 0;
}
