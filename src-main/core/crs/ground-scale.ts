import geodesic from 'geographiclib-geodesic';
import type { Crs, Point } from '../../contract/geo.ts';
import { isOnEarth } from './earth.ts';
import { lonLatTransform } from './lon-lat.ts';

/** Metres on the ground for one unit of the map along its x and its y axis, at one place. */
export interface GroundScale {
  readonly xM: number;
  readonly yM: number;
}

/** Length of the probe along each axis in map units: about 10 m where units are metres, about 1 m where they are degrees. */
const probeUnits = { geographic: 1e-5, projected: 10 } as const;

/** Null without a CRS on the Earth, and where the projection is not defined at `pointMap`. */
export function groundScale(crs: Crs | null, pointMap: Point): GroundScale | null {
  if (crs === null || !isOnEarth(crs)) {
    return null;
  }
  const { forward } = lonLatTransform(crs);
  const half = (crs.isGeographic ? probeUnits.geographic : probeUnits.projected) / 2;
  const metresBetween = (from: Point, to: Point): number => {
    const [fromLon, fromLat] = forward(from);
    const [toLon, toLat] = forward(to);
    return geodesic.Geodesic.WGS84.Inverse(fromLat, fromLon, toLat, toLon).s12 ?? Number.NaN;
  };
  const [x, y] = pointMap;
  const xM = metresBetween([x - half, y], [x + half, y]) / (2 * half);
  const yM = metresBetween([x, y - half], [x, y + half]) / (2 * half);
  return Number.isFinite(xM) && Number.isFinite(yM) && xM > 0 && yM > 0 ? { xM, yM } : null;
}
