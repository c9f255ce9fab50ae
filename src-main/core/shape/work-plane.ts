import type { Geotransform, Point } from '../../contract/geo.ts';
import { groundScale } from '../crs/ground-scale.ts';
import { boundsOfPolygons } from '../polygon-bounds.ts';
import type { PolygonRings } from '../ports.ts';
import type { ScenePlace } from './scene-place.ts';

/** A plane around some shapes, for planar geometry: small numbers, and metres on the ground where the CRS is one of the Earth. */
export interface WorkPlane {
  readonly fromMap: Geotransform;
  readonly toMap: Geotransform;
  readonly isMetric: boolean;
}

/** Metres are exact in the middle of the polygons; shapes of some kilometres see no difference. */
export function planeAround(polygonsMap: readonly PolygonRings[], { crs }: Pick<ScenePlace, 'crs'>): WorkPlane {
  const [minX, minY, maxX, maxY] = boundsOfPolygons(polygonsMap);
  const centreMap: Point = [(minX + maxX) / 2, (minY + maxY) / 2];
  const scale = groundScale(crs, centreMap);
  const { xM, yM } = scale ?? { xM: 1, yM: 1 };
  const [x, y] = centreMap;
  return {
    fromMap: [xM, 0, -x * xM, 0, yM, -y * yM],
    toMap: [1 / xM, 0, x, 0, 1 / yM, y],
    isMetric: scale !== null,
  };
}

/** The other way of an affine map. */
export function inverseTransform([a, b, c, d, e, f]: Geotransform): Geotransform {
  const determinant = a * e - b * d;
  return [
    e / determinant,
    -b / determinant,
    (b * f - e * c) / determinant,
    -d / determinant,
    a / determinant,
    (d * c - a * f) / determinant,
  ];
}
