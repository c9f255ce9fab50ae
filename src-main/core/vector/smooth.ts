import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { makeValid } from '../geometry/topology.ts';

/**
 * Cuts every corner at a quarter and at three quarters of its edges (Chaikin 1974), so many times; the outline tends to a smooth curve
 * inside the old corners.
 */
export function smooth(polygons: readonly PolygonRings[], rounds: number): PolygonRings[] {
  let smoothed = polygons.map(({ rings }) => rings);
  for (let round = 0; round < rounds; round++) {
    smoothed = smoothed.map((rings) => rings.map(cutCorners));
  }
  return makeValid(smoothed.map((rings) => ({ rings })));
}

function cutCorners(ring: RingCoordinates): RingCoordinates {
  const cut = new Float64Array(ring.length * 2);
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    for (const axis of [0, 1]) {
      cut[2 * i + axis] = 0.75 * ring[i + axis]! + 0.25 * ring[next + axis]!;
      cut[2 * i + 2 + axis] = 0.25 * ring[i + axis]! + 0.75 * ring[next + axis]!;
    }
  }
  return cut;
}
