import { Think2SegError } from '../../contract/errors.ts';
import type { Geotransform } from '../../contract/geo.ts';
import type { PolygonRings, RingCoordinates } from '../ports.ts';

/**
 * Moves polygons from pixel to map coordinates (or from one pixel grid to another). Where the transform mirrors, as north-up
 * rasters do, rings are reversed, so that the sign of their shoelace area survives: exteriors that are positive in
 * pixels (as `traceMask` makes them) are counter-clockwise on the map, holes clockwise.
 */
export function affinePolygons(polygonsPx: readonly PolygonRings[], transform: Geotransform): PolygonRings[] {
  const [a, b, c, d, e, f] = transform;
  const determinant = a * e - b * d;
  if (determinant === 0 || !Number.isFinite(determinant)) {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `the geotransform [${transform.join(', ')}] does not span an area; a raster with a usable georeference is needed`,
    );
  }
  const mirrors = determinant < 0;
  return polygonsPx.map(({ rings }) => ({
    rings: rings.map((ringPx) => {
      const ringMap: RingCoordinates = new Float64Array(ringPx.length);
      for (let i = 0; i < ringPx.length; i += 2) {
        const x = ringPx[i]!;
        const y = ringPx[i + 1]!;
        // A reversed ring keeps its first vertex.
        const to = mirrors && i > 0 ? ringPx.length - i : i;
        ringMap[to] = a * x + b * y + c;
        ringMap[to + 1] = d * x + e * y + f;
      }
      return ringMap;
    }),
  }));
}
