import type { PolygonRings, RingCoordinates } from '../../src-main/core/ports.ts';
import { signedRingArea } from '../../src-main/core/geometry/planar.ts';

interface Segment {
  ax: number;
  ay: number;
  bx: number;
  by: number;
  ring: number;
}

/**
 * What makes a polygon invalid as simple-features geometry, found by comparing every pair of edges; null when valid.
 * Slow and plain on purpose: it shares nothing with the code under test. Does not look for holes that cut the interior apart.
 */
export function whyInvalid({ rings }: PolygonRings): string | null {
  for (const [index, ring] of rings.entries()) {
    const area = signedRingArea(ring);
    if (ring.length < 6 || area === 0) {
      return `ring ${index} has ${ring.length / 2} vertices and area ${area}`;
    }
    if (area > 0 !== (index === 0)) {
      return `ring ${index} winds the wrong way`;
    }
    const seen = new Set<string>();
    for (let i = 0; i < ring.length; i += 2) {
      const key = `${ring[i] ?? NaN} ${ring[i + 1] ?? NaN}`;
      if (seen.has(key)) {
        return `ring ${index} passes ${key} twice`;
      }
      seen.add(key);
    }
  }
  const segments = rings.flatMap(segmentsOf);
  for (const [i, s] of segments.entries()) {
    for (const t of segments.slice(i + 1)) {
      const contact = contactOf(s, t);
      if (contact === 'cross' || (contact === 'touch' && s.ring === t.ring)) {
        return `edges ${JSON.stringify(s)} and ${JSON.stringify(t)} ${contact}`;
      }
    }
  }
  const exterior = rings[0];
  for (const [index, hole] of rings.slice(1).entries()) {
    if (
      exterior === undefined ||
      !segmentsOf(hole, 0).every((s) => isInside((s.ax + s.bx) / 2, (s.ay + s.by) / 2, exterior))
    ) {
      return `hole ${index + 1} is not inside the exterior`;
    }
  }
  return null;
}

/** Whether any edge of one polygon crosses an edge of the other; shared edges and touching are no crossing. */
export function cross(p: PolygonRings, q: PolygonRings): boolean {
  const other = q.rings.flatMap(segmentsOf);
  return p.rings.flatMap(segmentsOf).some((s) => other.some((t) => isProperCrossing(s, t)));
}

function segmentsOf(ring: RingCoordinates, index: number): Segment[] {
  const segments: Segment[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    segments.push({ ax: ring[i]!, ay: ring[i + 1]!, bx: ring[j]!, by: ring[j + 1]!, ring: index });
  }
  return segments;
}

const side = (s: Segment, x: number, y: number) => Math.sign((s.bx - s.ax) * (y - s.ay) - (s.by - s.ay) * (x - s.ax));

function isProperCrossing(s: Segment, t: Segment): boolean {
  return side(s, t.ax, t.ay) * side(s, t.bx, t.by) < 0 && side(t, s.ax, s.ay) * side(t, s.bx, s.by) < 0;
}

/** `joint`: they share an end only. `touch`: an end of one lies within the other. `cross`: they cross or overlap. */
function contactOf(s: Segment, t: Segment): 'none' | 'joint' | 'touch' | 'cross' {
  if (isProperCrossing(s, t)) {
    return 'cross';
  }
  const ends = (u: Segment) => [[u.ax, u.ay] as const, [u.bx, u.by] as const];
  const strictlyWithin = (u: Segment, x: number, y: number) =>
    side(u, x, y) === 0 && (x - u.ax) * (x - u.bx) + (y - u.ay) * (y - u.by) < 0;
  const within = [
    ...ends(t).filter(([x, y]) => strictlyWithin(s, x, y)),
    ...ends(s).filter(([x, y]) => strictlyWithin(t, x, y)),
  ];
  const joints = ends(s).filter(([x, y]) => ends(t).some(([u, v]) => x === u && y === v)).length;
  if (within.length + joints >= 2 && side(s, t.ax, t.ay) === 0 && side(s, t.bx, t.by) === 0) {
    return 'cross';
  }
  return within.length > 0 ? 'touch' : joints > 0 ? 'joint' : 'none';
}

function isInside(x: number, y: number, ring: RingCoordinates): boolean {
  let inside = false;
  for (const s of segmentsOf(ring, 0)) {
    if (s.ay > y !== s.by > y && x < s.ax + ((s.bx - s.ax) * (y - s.ay)) / (s.by - s.ay)) {
      inside = !inside;
    }
  }
  return inside;
}
