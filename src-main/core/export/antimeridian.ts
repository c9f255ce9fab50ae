/** Polygons with continuous longitudes brought to -180 to 180, cut along the antimeridian as RFC 7946 section 3.1.9 asks. */
import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { intersect, makeValid, subtract, unite } from '../geometry/topology.ts';
import { onGrid, type LonLatRing } from './lon-lat-rings.ts';

export type PoleLat = 90 | -90;

/** Longitudes that differ from 180 by rounding only are on it. */
const slackDegrees = 1e-9;

/**
 * @param rings exterior first. One that goes around the Earth is closed along `poleLat`, which it goes around.
 * @returns whole what does not cross; else valid parts, of which none shares an edge with another but along the antimeridian.
 */
export function cutAtAntimeridian(
  rings: readonly LonLatRing[],
  poleLat: PoleLat,
): { parts: RingCoordinates[][]; crosses: boolean } {
  const [exterior, ...holes] = rings;
  if (exterior === undefined) {
    return { parts: [], crosses: false };
  }
  if (rings.every(({ turns }) => turns === 0)) {
    const [west, east] = span(exterior.ring);
    const shift = -360 * Math.floor((west + 180 + slackDegrees) / 360);
    if (east + shift <= 180 + slackDegrees) {
      const middle = (west + east) / 2 + shift;
      return {
        parts: [[shifted(exterior.ring, shift), ...holes.map(({ ring }) => near(ring, middle))]],
        crosses: false,
      };
    }
  }
  const whole = folded(exterior, poleLat);
  const missing = holes.flatMap((hole) => folded(hole, poleLat));
  const parts = missing.length === 0 ? whole : subtract(whole, missing);
  return { parts: parts.map((part) => [...part.rings]), crosses: true };
}

/** What a ring goes round, as polygons in -180 to 180. */
function folded(lonLatRing: LonLatRing, poleLat: PoleLat): PolygonRings[] {
  if (lonLatRing.turns !== 0) {
    return withinStrip(makeValid([{ rings: [capRing(lonLatRing, poleLat)] }]), 0);
  }
  const [west, east] = span(lonLatRing.ring);
  const inside = makeValid([{ rings: [lonLatRing.ring] }]);
  const pieces: PolygonRings[] = [];
  const firstTurn = Math.floor((west + 180 + slackDegrees) / 360);
  for (let turn = firstTurn; -180 + 360 * turn < east - slackDegrees; turn += 1) {
    for (const { rings } of withinStrip(inside, turn)) {
      pieces.push({ rings: rings.map((ring) => shifted(ring, -360 * turn)) });
    }
  }
  // What goes around the whole world meets itself again.
  return east - west < 360 - slackDegrees ? pieces : unite(pieces);
}

/**
 * A cap around a pole, drawn over five turns of which the middle one is used. It is closed from the vertex that lies nearest to the pole:
 * no part of the ring is between them, so the closing lines cross nothing.
 */
function capRing({ ring, turns }: LonLatRing, poleLat: PoleLat): RingCoordinates {
  const count = ring.length / 2;
  let nearest = 0;
  for (let vertex = 1; vertex < count; vertex += 1) {
    if (Math.abs(poleLat - ring[vertex * 2 + 1]!) < Math.abs(poleLat - ring[nearest * 2 + 1]!)) {
      nearest = vertex;
    }
  }
  const degrees = 360 * turns;
  const startLon = ring[nearest * 2]!;
  const firstLon = startLon - 360 * Math.round(startLon / 360) - 2 * degrees;
  const points: number[] = [];
  for (let step = 0; step <= 5 * count; step += 1) {
    const vertex = (nearest + step) % count;
    const turn = Math.floor((nearest + step) / count);
    points.push(ring[vertex * 2]! - startLon + firstLon + turn * degrees, ring[vertex * 2 + 1]!);
  }
  points.push(points.at(-2)!, poleLat, firstLon, poleLat);
  return Float64Array.from(points);
}

/** What lies on the map of the world that is so many turns to the east. */
function withinStrip(polygons: readonly PolygonRings[], turn: number): PolygonRings[] {
  const [west, east] = [-180 + 360 * turn, 180 + 360 * turn];
  const strip = { rings: [Float64Array.of(west, -91, east, -91, east, 91, west, 91)] };
  return intersect(polygons, [strip]).map(({ rings }) => ({ rings: rings.map(ringOnGrid) }));
}

/** So that what was cut at one meridian meets there. */
function ringOnGrid(ring: RingCoordinates): RingCoordinates {
  const snapped = new Float64Array(ring.length);
  for (let i = 0; i < ring.length; i += 2) {
    snapped.set(onGrid([ring[i]!, ring[i + 1]!]), i);
  }
  return snapped;
}

function span(ring: RingCoordinates): [west: number, east: number] {
  let west = Infinity;
  let east = -Infinity;
  for (let i = 0; i < ring.length; i += 2) {
    west = Math.min(west, ring[i]!);
    east = Math.max(east, ring[i]!);
  }
  return [west, east];
}

/** A hole, whose longitudes were counted on from another start, in the turn of its exterior. */
function near(hole: RingCoordinates, middleLon: number): RingCoordinates {
  const [west, east] = span(hole);
  return shifted(hole, 360 * Math.round((middleLon - (west + east) / 2) / 360));
}

function shifted(ring: RingCoordinates, degrees: number): RingCoordinates {
  return degrees === 0 ? ring : ring.map((value, index) => (index % 2 === 0 ? value + degrees : value));
}
