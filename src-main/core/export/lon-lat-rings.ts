import type { Point } from '../../contract/geo.ts';
import type { LonLatTransform } from '../crs/lon-lat.ts';
import type { RingCoordinates } from '../ports.ts';

/** A ring in degrees whose longitudes go on beyond 180 (or below -180) instead of jumping at the antimeridian. */
export interface LonLatRing {
  readonly ring: RingCoordinates;
  /** How often it goes around the Earth, eastwards: 0, or 1 or -1 around a pole. It is open then: its end lies 360 degrees from its start. */
  readonly turns: number;
}

/** A wider step in longitude is looked at more closely: it may pass the antimeridian, or span half the world. */
const suspiciousStepDegrees = 90;
const partsOfASuspiciousStep = 16;

/**
 * An edge that is straight on the map and one that is straight in longitude and latitude, as RFC 7946 section 3.1.1 has it, may part by
 * this much before the edge gets more vertices: a centimetre, as seven decimals have, or 1e-5 of the edge.
 */
const bendM = 0.01;
const bendShare = 1e-5;
const metresPerDegree = 111_195;
/** Edges below bend by millimetres, but near the poles. */
const straightM = 100;
const nearPoleDegrees = 80;
/** The middle of a longer edge may lie on the straight line while both halves bend away. */
const longM = 20_000;
const deepest = 20;

/** Null where the projection is not defined for a vertex. */
export function unwrappedLonLat(ringMap: RingCoordinates, { forward }: LonLatTransform): LonLatRing | null {
  const toLonLat = (pointMap: Point): Point => onGrid(forward(pointMap));
  const count = ringMap.length / 2;
  const lonLat: number[] = [];
  let from: Vertex | null = null;
  for (let index = 0; index <= count; index += 1) {
    const x = ringMap[(index % count) * 2]!;
    const y = ringMap[(index % count) * 2 + 1]!;
    const [rawLon, lat] = toLonLat([x, y]);
    if (Number.isNaN(rawLon)) {
      return null;
    }
    const vertex: Vertex = { x, y, lon: from === null ? rawLon : continued(from, x, y, rawLon, toLonLat), lat };
    if (from !== null) {
      addBend(lonLat, from, vertex, toLonLat);
    }
    if (index < count) {
      lonLat.push(vertex.lon, vertex.lat);
    }
    from = vertex;
  }
  return { ring: Float64Array.from(lonLat), turns: Math.round(((from?.lon ?? 0) - (lonLat[0] ?? 0)) / 360) };
}

interface Vertex {
  readonly x: number;
  readonly y: number;
  readonly lon: number;
  readonly lat: number;
}

type ToLonLat = (pointMap: Point) => Point;

/** The longitude `rawLon` of the next vertex, counted on from where the ring has come to. */
function continued(from: Vertex, x: number, y: number, rawLon: number, toLonLat: ToLonLat): number {
  if (isShortStep(from.lon, rawLon)) {
    return nearestTo(from.lon, rawLon);
  }
  let { lon } = from;
  for (let part = 1; part <= partsOfASuspiciousStep; part += 1) {
    const share = part / partsOfASuspiciousStep;
    const [partLon] = toLonLat([from.x + (x - from.x) * share, from.y + (y - from.y) * share]);
    if (!Number.isNaN(partLon)) {
      lon = nearestTo(lon, partLon);
    }
  }
  return nearestTo(lon, rawLon);
}

/** Vertices between two others where the edge of the map bends away from the straight line between them. */
function addBend(
  lonLat: number[],
  from: Vertex,
  to: Vertex,
  toLonLat: ToLonLat,
  depth = 0,
  allowedM = Math.max(bendM, bendShare * lengthOf(from, to)),
): void {
  const lengthM = lengthOf(from, to);
  const isNearPole = Math.max(Math.abs(from.lat), Math.abs(to.lat)) > nearPoleDegrees;
  if (depth === deepest || (lengthM < straightM && !isNearPole)) {
    return;
  }
  const middle = between(from, to, 0.5, toLonLat);
  if (middle === null) {
    return;
  }
  const others = lengthM > longM ? [0.25, 0.75].map((share) => between(from, to, share, toLonLat)) : [];
  if ([middle, ...others].some((vertex) => vertex !== null && vertex.distanceM > allowedM)) {
    addBend(lonLat, from, middle, toLonLat, depth + 1, allowedM);
    lonLat.push(middle.lon, middle.lat);
    addBend(lonLat, middle, to, toLonLat, depth + 1, allowedM);
  }
}

function lengthOf(from: Vertex, to: Vertex): number {
  const metresPerDegreeEast = metresPerDegree * Math.cos(((from.lat + to.lat) / 2) * (Math.PI / 180));
  return Math.hypot((to.lon - from.lon) * metresPerDegreeEast, (to.lat - from.lat) * metresPerDegree);
}

/** The point of the map edge and how far it lies from the straight line in longitude and latitude; null outside of the projection. */
function between(from: Vertex, to: Vertex, share: number, toLonLat: ToLonLat): (Vertex & { distanceM: number }) | null {
  // The same from either end: neighbours have edges in common.
  const at = (start: number, end: number): number => start * (1 - share) + end * share;
  const [x, y] = [at(from.x, to.x), at(from.y, to.y)];
  const [rawLon, lat] = toLonLat([x, y]);
  if (Number.isNaN(rawLon)) {
    return null;
  }
  const lon = nearestTo(at(from.lon, to.lon), rawLon);
  const east = metresPerDegree * Math.cos(lat * (Math.PI / 180));
  const [edgeX, edgeY] = [(to.lon - from.lon) * east, (to.lat - from.lat) * metresPerDegree];
  const [pointX, pointY] = [(lon - from.lon) * east, (lat - from.lat) * metresPerDegree];
  const length = Math.hypot(edgeX, edgeY);
  const distanceM = length === 0 ? Math.hypot(pointX, pointY) : Math.abs(edgeX * pointY - edgeY * pointX) / length;
  return { x, y, lon, lat, distanceM };
}

/** Both ends on the antimeridian may be no step at all or one around the world: 180 and -180 are the same number there. */
function isShortStep(lon: number, nextLon: number): boolean {
  const wrapped = ((lon + 540) % 360) - 180;
  const onAntimeridian = (degrees: number) => Math.abs(degrees) > 180 - 1e-6;
  return Math.abs(nextLon - wrapped) < suspiciousStepDegrees && !(onAntimeridian(wrapped) && onAntimeridian(nextLon));
}

/** The longitude, so many turns farther that it lies as near as can be. */
function nearestTo(lon: number, rawLon: number): number {
  return rawLon + 360 * Math.round((lon - rawLon) / 360);
}

/** On whole multiples of 2^-40 degrees, a tenth of a micrometre, full turns can be added and taken away without a rounding error. */
export function onGrid([lon, lat]: Point): Point {
  return [Math.round(lon * perDegree) / perDegree, Math.round(lat * perDegree) / perDegree];
}

const perDegree = 2 ** 40;
