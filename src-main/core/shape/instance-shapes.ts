import type { DrawnInstance, Polygon } from '../../contract/drawn-instance.ts';
import type { PolygonRings } from '../ports.ts';
import type { GroundMeasure } from '../vector/ground-measure.ts';

export function ringsOf(polygons: readonly Polygon[]): PolygonRings[] {
  return polygons.map(({ rings }) => ({ rings: rings.map((ring) => Float64Array.from(ring)) }));
}

/** The same instance with another shape, measured anew. */
export function withShape(
  instance: DrawnInstance,
  polygonsMap: readonly PolygonRings[],
  measure: GroundMeasure | null,
): DrawnInstance {
  const size = measure?.(polygonsMap);
  return {
    ...instance,
    polygonsMap: polygonsMap.map(({ rings }) => ({ rings: rings.map((ring) => [...ring]) })),
    areaM2: size?.areaM2 ?? null,
    perimeterM: size?.perimeterM ?? null,
  };
}
