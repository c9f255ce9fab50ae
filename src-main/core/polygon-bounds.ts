import type { BoundingBox } from '../contract/geo.ts';
import type { PolygonRings } from './ports.ts';

/** Infinite, from greatest to least, for polygons without points. */
export function boundsOfPolygons(polygons: readonly PolygonRings[]): BoundingBox {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { rings } of polygons) {
    const [exterior = new Float64Array()] = rings;
    for (let i = 0; i < exterior.length; i += 2) {
      minX = Math.min(minX, exterior[i]!);
      maxX = Math.max(maxX, exterior[i]!);
      minY = Math.min(minY, exterior[i + 1]!);
      maxY = Math.max(maxY, exterior[i + 1]!);
    }
  }
  return [minX, minY, maxX, maxY];
}
