import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { planarArea } from '../geometry/planar.ts';
import { makeValid, subtract, unite } from '../geometry/topology.ts';

/** Squaring that changes the area by more than this share has lost the shape: the polygon is then left as it was. */
const largestAreaChange = 0.25;

/**
 * Turns every edge to one of the two main directions of its polygon, which stand at a right angle. Neighbours of one direction become one
 * edge at their mean place; holes follow the directions of their exterior and stay inside it. A shape that has no such directions, as a
 * circle, may come back unchanged.
 */
export function squareCorners(polygons: readonly PolygonRings[]): PolygonRings[] {
  return unite(polygons.flatMap(squarePolygon));
}

function squarePolygon(polygon: PolygonRings): PolygonRings[] {
  const [exterior, ...holes] = polygon.rings;
  if (exterior === undefined) {
    return [];
  }
  const angle = mainDirection(exterior);
  const shell = squareRing(exterior, angle);
  if (shell === null) {
    return [polygon];
  }
  const openings = holes.flatMap((hole) => makeValid([{ rings: [squareRing(hole, angle) ?? hole] }]));
  const squared = subtract(makeValid([{ rings: [shell] }]), unite(openings));
  const before = planarArea([polygon]);
  return Math.abs(planarArea(squared) - before) <= largestAreaChange * before ? squared : [polygon];
}

/** Direction of the edges modulo 90 degrees, each weighted with its length: the angle of the mean of their fourth powers. */
function mainDirection(ring: RingCoordinates): number {
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    const [dx, dy] = [ring[next]! - ring[i]!, ring[next + 1]! - ring[i + 1]!];
    const length = Math.hypot(dx, dy);
    const angle = 4 * Math.atan2(dy, dx);
    real += length * Math.cos(angle);
    imaginary += length * Math.sin(angle);
  }
  return Math.atan2(imaginary, real) / 4;
}

interface Run {
  readonly isLevel: boolean;
  /** Sum of edge lengths, and of their middles times their lengths, across the run's direction. */
  length: number;
  moment: number;
}

/** Null when fewer than two edges of each direction are left. */
function squareRing(ring: RingCoordinates, angle: number): RingCoordinates | null {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = rotate(ring, cos, -sin);
  const runs: Run[] = [];
  for (let i = 0; i < turned.length; i += 2) {
    const next = (i + 2) % turned.length;
    const [dx, dy] = [turned[next]! - turned[i]!, turned[next + 1]! - turned[i + 1]!];
    const isLevel = Math.abs(dx) >= Math.abs(dy);
    const across = isLevel ? (turned[i + 1]! + turned[next + 1]!) / 2 : (turned[i]! + turned[next]!) / 2;
    const length = Math.hypot(dx, dy);
    const last = runs.at(-1);
    if (last?.isLevel === isLevel) {
      last.length += length;
      last.moment += length * across;
    } else {
      runs.push({ isLevel, length, moment: length * across });
    }
  }
  const [first, last] = [runs[0], runs.at(-1)];
  if (first !== undefined && last !== undefined && first !== last && first.isLevel === last.isLevel) {
    first.length += last.length;
    first.moment += last.moment;
    runs.pop();
  }
  if (runs.length < 4) {
    return null;
  }
  const corners = runs.flatMap((run, index) => {
    const next = runs[(index + 1) % runs.length]!;
    const [level, upright] = run.isLevel ? [run, next] : [next, run];
    return [upright.moment / upright.length, level.moment / level.length];
  });
  return rotate(Float64Array.from(corners), cos, sin);
}

function rotate(ring: RingCoordinates, cos: number, sin: number): RingCoordinates {
  const turned = new Float64Array(ring.length);
  for (let i = 0; i < ring.length; i += 2) {
    turned[i] = cos * ring[i]! - sin * ring[i + 1]!;
    turned[i + 1] = sin * ring[i]! + cos * ring[i + 1]!;
  }
  return turned;
}
