import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { cutIntoArcs, type BorderArcs } from './border-arcs.ts';
import { thinArcs } from './thin-arcs.ts';

/**
 * Simplifies the polygons of several instances together. Borders that instances share stay shared, vertex for vertex;
 * instances that were apart stay apart; valid polygons stay valid (simple rings, holes inside); nothing vanishes: a ring that
 * meets no other keeps at least four vertices. No border moves by more than the tolerance.
 *
 * @param instances polygons of each instance as traced, moved and scaled at most: edges must follow the axes.
 * @param tolerancePx in the unit of the coordinates; 0 returns the polygons as they are.
 * @returns the same instances, polygons and rings in the same order and winding; a ring may start at another vertex.
 */
export function simplifyPolygons(
  instances: readonly (readonly PolygonRings[])[],
  tolerancePx: number,
): PolygonRings[][] {
  if (tolerancePx <= 0) {
    return instances.map((polygons) => [...polygons]);
  }
  const arcs = cutIntoArcs(instances.flatMap((polygons) => polygons.flatMap(({ rings }) => rings)));
  const alive = thinArcs(arcs, tolerancePx);
  let ring = 0;
  return instances.map((polygons) =>
    polygons.map(({ rings }) => ({ rings: rings.map(() => joinArcs(arcs, arcs.arcsOfRing[ring++]!, alive)) })),
  );
}

/** A ring from its arcs; the last vertex of an arc with ends is the first of the next one and is left to it. */
function joinArcs(
  { x, y, start, fromNode }: BorderArcs,
  ringArcs: readonly number[],
  alive: Uint8Array,
): RingCoordinates {
  const ring: number[] = [];
  for (const directed of ringArcs) {
    const arc = directed < 0 ? ~directed : directed;
    const step = directed < 0 ? -1 : 1;
    const first = directed < 0 ? start[arc + 1]! - 1 : start[arc]!;
    const count = start[arc + 1]! - start[arc]! - (fromNode[arc] === -1 ? 0 : 1);
    for (let i = 0, v = first; i < count; i++, v += step) {
      if (alive[v] === 1) {
        ring.push(x[v]!, y[v]!);
      }
    }
  }
  return Float64Array.from(ring);
}
