import type { PolygonRings, RingCoordinates } from '../ports.ts';

/**
 * Area by the shoelace formula, in square units of the coordinates; positive when the ring turns from the x axis to the
 * y axis. Taken relative to the first vertex, so that large map coordinates cost no digits.
 */
export function signedRingArea(ring: RingCoordinates): number {
  const x0 = ring[0]!;
  const y0 = ring[1]!;
  let twice = 0;
  for (let i = 2; i + 3 < ring.length; i += 2) {
    twice += (ring[i]! - x0) * (ring[i + 3]! - y0) - (ring[i + 2]! - x0) * (ring[i + 1]! - y0);
  }
  return twice / 2;
}

/** Length of a closed ring, in units of the coordinates. */
export function ringLength(ring: RingCoordinates): number {
  let length = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    length += Math.hypot(ring[next]! - ring[i]!, ring[next + 1]! - ring[i + 1]!);
  }
  return length;
}

/** Planar area without holes: for scenes that are in no coordinate reference system of the Earth. */
export function planarArea(polygons: readonly PolygonRings[]): number {
  let area = 0;
  for (const { rings } of polygons) {
    rings.forEach((ring, index) => (area += (index === 0 ? 1 : -1) * Math.abs(signedRingArea(ring))));
  }
  return area;
}
