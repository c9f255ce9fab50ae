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
    areaM2: finiteOrNull(size?.areaM2),
    perimeterM: finiteOrNull(size?.perimeterM),
  };
}

/** Where the map projection is not defined nothing can be measured. */
export function finiteOrNull(measured: number | undefined): number | null {
  return measured !== undefined && Number.isFinite(measured) ? measured : null;
}
