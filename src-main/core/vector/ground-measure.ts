import type { Crs } from '../../contract/geo.ts';
import { isOnEarth } from '../crs/earth.ts';
import { lonLatTransform } from '../crs/lon-lat.ts';
import type { PolygonRings } from '../ports.ts';
import { measureGeodesic, polygonsToLonLat } from './geodesic.ts';

export type GroundMeasure = (polygonsMap: readonly PolygonRings[]) => { areaM2: number; perimeterM: number };

/** Geodesic area and perimeter of polygons in map coordinates; null without a CRS on the Earth. */
export function groundMeasure(crs: Crs | null): GroundMeasure | null {
  if (crs === null || !isOnEarth(crs)) {
    return null;
  }
  const { forward } = lonLatTransform(crs);
  return (polygonsMap) => measureGeodesic(polygonsToLonLat(polygonsMap, forward));
}
