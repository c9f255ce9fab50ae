import type { RingCoordinates } from '../ports.ts';
import { doubleSignedArea } from './rings.ts';

/**
 * Cuts a polygon with continuous longitudes along the antimeridian, as RFC 7946 section 3.1.9 asks, and moves every part to
 * -180 to 180. Polygons that do not cross come back whole.
 */
export function cutAtAntimeridian(rings: readonly RingCoordinates[]): {
  parts: RingCoordinates[][];
  crosses: boolean;
} {
  const exterior = rings[0];
  if (exterior === undefined) {
    return { parts: [], crosses: false };
  }
  let west = Infinity;
  let east = -Infinity;
  for (let i = 0; i < exterior.length; i += 2) {
    west = Math.min(west, exterior[i]!);
    east = Math.max(east, exterior[i]!);
  }
  // Longitudes that differ from 180 by rounding only are on it.
  const slack = 1e-9;
  const shift = -360 * Math.floor((west + 180 + slack) / 360);
  const moved = rings.map((ring) => shifted(shiftedTo(ring, exterior), shift));
  if (east + shift <= 180 + slack) {
    return { parts: [moved], crosses: false };
  }
  const parts = [
    ...clipBelow(moved, 180),
    ...clipBelow(moved.map(mirrored), -180).map((part) => part.map((ring) => shifted(mirrored(ring), -360))),
  ];
  return { parts, crosses: true };
}

/** A hole whose longitudes were unwrapped from another start is brought to the turn of its exterior. */
function shiftedTo(ring: RingCoordinates, exterior: RingCoordinates): RingCoordinates {
  if (ring === exterior) {
    return ring;
  }
  let west = Infinity;
  let east = -Infinity;
  for (let i = 0; i < exterior.length; i += 2) {
    west = Math.min(west, exterior[i]!);
    east = Math.max(east, exterior[i]!);
  }
  const lon = ring[0] ?? 0;
  const shift = lon < west - 1e-9 ? 360 : lon > east + 1e-9 ? -360 : 0;
  return shifted(ring, shift);
}

function shifted(ring: RingCoordinates, degrees: number): RingCoordinates {
  return degrees === 0 ? ring : ring.map((value, index) => (index % 2 === 0 ? value + degrees : value));
}

function mirrored(ring: RingCoordinates): RingCoordinates {
  return ring.map((value, index) => (index % 2 === 0 ? -value : value));
}

interface Chain {
  readonly points: number[];
  readonly startLat: number;
  readonly endLat: number;
}

/** The part of a polygon with longitudes up to `limit`. Cut ends are joined in pairs along the cut, inside being every other interval. */
function clipBelow(rings: readonly RingCoordinates[], limit: number): RingCoordinates[][] {
  const closed: RingCoordinates[] = [];
  const chains: Chain[] = [];
  for (const ring of rings) {
    splitRing(ring, limit, closed, chains);
  }
  // Along the cut, ends in order of latitude alternate between entering and leaving the polygon.
  const ends = chains
    .flatMap((chain) => [
      { chain, lat: chain.startLat, isStart: true },
      { chain, lat: chain.endLat, isStart: false },
    ])
    .sort((left, right) => left.lat - right.lat);
  const partner = new Map<Chain, Chain>();
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const [first, second] = [ends[i]!, ends[i + 1]!];
    const [from, to] = first.isStart ? [second, first] : [first, second];
    partner.set(from.chain, to.chain);
  }
  const left = new Set(chains);
  for (const first of chains) {
    if (!left.has(first)) {
      continue;
    }
    const points: number[] = [];
    for (let chain: Chain | undefined = first; chain !== undefined && left.delete(chain); chain = partner.get(chain)) {
      points.push(...chain.points);
    }
    closed.push(Float64Array.from(points));
  }
  return nested(closed.filter((ring) => ring.length >= 6 && doubleSignedArea(ring) !== 0));
}

function splitRing(ring: RingCoordinates, limit: number, closed: RingCoordinates[], chains: Chain[]): void {
  const count = ring.length / 2;
  const isKept = (vertex: number) => ring[(vertex % count) * 2]! < limit;
  let firstOut = -1;
  let kept = 0;
  for (let vertex = 0; vertex < count; vertex += 1) {
    if (isKept(vertex)) {
      kept += 1;
    } else if (firstOut < 0) {
      firstOut = vertex;
    }
  }
  if (kept === 0) {
    return;
  }
  if (firstOut < 0) {
    closed.push(ring);
    return;
  }
  const latAtCut = (vertex: number): number => {
    const i = (vertex % count) * 2;
    const j = ((vertex + 1) % count) * 2;
    const share = (limit - ring[i]!) / (ring[j]! - ring[i]!);
    return ring[i + 1]! + share * (ring[j + 1]! - ring[i + 1]!);
  };
  let points: number[] = [];
  let startLat = 0;
  for (let vertex = firstOut; vertex < firstOut + count; vertex += 1) {
    const [from, to] = [isKept(vertex), isKept(vertex + 1)];
    const next = ((vertex + 1) % count) * 2;
    if (!from && to) {
      startLat = latAtCut(vertex);
      points = [limit, startLat];
    }
    if (to) {
      points.push(ring[next]!, ring[next + 1]!);
    } else if (from) {
      const endLat = latAtCut(vertex);
      points.push(limit, endLat);
      chains.push({ points, startLat, endLat });
    }
  }
}

/** Groups rings into polygons: exteriors wind as the largest ring does, holes go to the exterior around them. */
function nested(rings: readonly RingCoordinates[]): RingCoordinates[][] {
  const largest = [...rings].sort((a, b) => Math.abs(doubleSignedArea(b)) - Math.abs(doubleSignedArea(a)))[0];
  if (largest === undefined) {
    return [];
  }
  const sign = Math.sign(doubleSignedArea(largest));
  const polygons = rings.filter((ring) => Math.sign(doubleSignedArea(ring)) === sign).map((ring) => [ring]);
  for (const hole of rings.filter((ring) => Math.sign(doubleSignedArea(ring)) !== sign)) {
    const owner = polygons.find(([exterior]) => exterior !== undefined && contains(exterior, hole[0]!, hole[1]!));
    owner?.push(hole);
  }
  return polygons;
}

function contains(ring: RingCoordinates, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    if (ring[i + 1]! > y !== ring[j + 1]! > y) {
      const crossing = ring[i]! + ((y - ring[i + 1]!) / (ring[j + 1]! - ring[i + 1]!)) * (ring[j]! - ring[i]!);
      inside = inside !== x < crossing;
    }
  }
  return inside;
}
