import type { PolygonRings } from '../ports.ts';

/** Far below what an outline means, far above what the way from pixels to the map and back adds. */
const gridPx = 1e-4;

/** Rounds coordinates in pixels, so that borders that were one before they went over the map are one again. */
export function snapToGrid(polygonsPx: readonly PolygonRings[]): PolygonRings[] {
  return polygonsPx.map(({ rings }) => ({
    rings: rings.map((ring) => ring.map((value) => Math.round(value / gridPx) * gridPx)),
  }));
}
