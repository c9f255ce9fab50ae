import type { Crs } from '../../contract/geo.ts';

/** Between these semi-major axes, in metres, an ellipsoid is taken for one of the Earth. */
const earthSemiMajorM = [6_300_000, 6_400_000] as const;

/**
 * Whether a CRS of this program describes the Earth. Longitudes and latitudes on other bodies are fine on their own, but areas and
 * lengths measured on the ellipsoid of the Earth would be wrong by any factor.
 */
export function isOnEarth({ proj4 }: Pick<Crs, 'proj4'>): boolean {
  const semiMajorM = Number(/\+a=([\d.]+)/.exec(proj4)?.[1]);
  return semiMajorM > earthSemiMajorM[0] && semiMajorM < earthSemiMajorM[1];
}
