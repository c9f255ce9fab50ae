import type { BoundingBox, Crs, Point } from '../../contract/geo.ts';
import { lonLatTransform } from './lon-lat.ts';

/**
 * What to tell of a scene that lies nowhere in its CRS: most often somebody has given metres the CRS of degrees. Null when a corner or
 * the centre has a longitude and a latitude; maps of the whole world have corners that have none.
 *
 * @throws Think2SegError CRS_UNSUPPORTED when there is no formula for the projection here.
 */
export function placementWarning(crs: Crs, [left, bottom, right, top]: BoundingBox): string | null {
  const { forward } = lonLatTransform(crs);
  const centre: Point = [(left + right) / 2, (bottom + top) / 2];
  const places: Point[] = [centre, [left, bottom], [left, top], [right, bottom], [right, top]];
  if (places.some((place) => forward(place).every(Number.isFinite))) {
    return null;
  }
  const [x, y] = centre.map((value) => Number(value.toPrecision(9)));
  return (
    `the scene lies outside of where ${crs.name} is defined (its centre is at ${x}, ${y}), so its coordinate reference system is ` +
    'probably another one: until that is corrected areas are not measured and GeoJSON has no outlines'
  );
}
