import type { RingCoordinates } from '../ports.ts';

/** Twice the signed area of an implicitly closed ring: positive when it winds counter-clockwise with y pointing up. */
export function doubleSignedArea(ring: RingCoordinates): number {
  const length = ring.length;
  // Relative to the first vertex, because map coordinates are large and rings small.
  const x0 = ring[0] ?? 0;
  const y0 = ring[1] ?? 0;
  let sum = 0;
  for (let i = 0; i < length; i += 2) {
    const next = (i + 2) % length;
    sum += (ring[i]! - x0) * (ring[next + 1]! - y0) - (ring[next]! - x0) * (ring[i + 1]! - y0);
  }
  return sum;
}

/** The ring counter-clockwise (exteriors of RFC 7946) or clockwise (holes). */
export function oriented(ring: RingCoordinates, counterClockwise: boolean): RingCoordinates {
  if (doubleSignedArea(ring) > 0 === counterClockwise) {
    return ring;
  }
  const reversed = new Float64Array(ring.length);
  for (let i = 0; i < ring.length; i += 2) {
    reversed[ring.length - 2 - i] = ring[i]!;
    reversed[ring.length - 1 - i] = ring[i + 1]!;
  }
  return reversed;
}

/** The ring with coordinates rounded to `decimals` and without vertices that repeat their neighbour; null when nothing with an area is left. */
export function rounded(ring: RingCoordinates, decimals: number): RingCoordinates | null {
  const factor = 10 ** decimals;
  const kept: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const x = Math.round(ring[i]! * factor) / factor;
    const y = Math.round(ring[i + 1]! * factor) / factor;
    if (kept.length === 0 || kept[kept.length - 2] !== x || kept[kept.length - 1] !== y) {
      kept.push(x, y);
    }
  }
  while (kept.length > 2 && kept[0] === kept[kept.length - 2] && kept[1] === kept[kept.length - 1]) {
    kept.length -= 2;
  }
  if (kept.length < 6) {
    return null;
  }
  const result = Float64Array.from(kept);
  return doubleSignedArea(result) === 0 ? null : result;
}
