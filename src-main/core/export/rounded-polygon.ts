import type { RingCoordinates } from '../ports.ts';
import { isValid, makeValid } from '../geometry/topology.ts';
import { ringsCross } from './ring-crossings.ts';
import { oriented, rounded } from './rings.ts';

/** A centimetre on the ground, as RFC 7946 advises; more only where rounding would break a polygon. */
const decimalsTried = [7, 9, 11] as const;

/**
 * A polygon as it is written: rounded, valid, wound as RFC 7946 wants. Several where rounding takes it apart, none where nothing of it is left.
 *
 * @param rings exterior first, in degrees.
 */
export function roundedPolygon(rings: readonly RingCoordinates[]): RingCoordinates[][] {
  let last: RingCoordinates[] | null = null;
  for (const decimals of decimalsTried) {
    const [exterior, ...holes] = rings.map((ring) => rounded(ring, decimals));
    if (exterior === undefined || exterior === null) {
      continue;
    }
    const kept = holes.filter((hole): hole is RingCoordinates => hole !== null);
    last = [oriented(exterior, true), ...kept.map((hole) => oriented(hole, false))];
    // The sweep is quick and strict: it also minds rings that may touch.
    if (!ringsCross(last, decimals) || isValid([{ rings: last }])) {
      return [last];
    }
  }
  // Rings that cross whatever is done are taken apart; what is valid then must not be rounded again.
  return last === null ? [] : makeValid([{ rings: last }]).map((part) => [...part.rings]);
}
