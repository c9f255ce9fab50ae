import geodesic from 'geographiclib-geodesic';

import type { Point } from '../../contract/geo.ts';
import type { PolygonRings, RingCoordinates } from '../ports.ts';

const wgs84 = geodesic.Geodesic.WGS84;

/** Mean radius of the Earth in metres: good enough to decide where to put more vertices. */
const meanRadiusM = 6_371_008.8;

/** A straight edge on the map may part from the geodesic between its vertices by this much before it gets more vertices. */
const sagittaM = 0.001;

/**
 * Geodesic area and perimeter on the WGS 84 ellipsoid, edges being geodesics (GeographicLib's polygon algorithm, which PROJ
 * uses too). Exteriors count positive and holes negative whatever their winding; the perimeter includes the holes',
 * as QGIS and PostGIS count it (pyproj's `geometry_area_perimeter` leaves them out).
 *
 * @param polygonsLonLat rings in degrees; see `polygonsToLonLat` for rings that come from a map projection.
 */
export function measureGeodesic(polygonsLonLat: readonly PolygonRings[]): { areaM2: number; perimeterM: number } {
  let areaM2 = 0;
  let perimeterM = 0;
  for (const { rings } of polygonsLonLat) {
    rings.forEach((ring, index) => {
      const accumulated = wgs84.Polygon(false);
      for (let i = 0; i < ring.length; i += 2) {
        accumulated.AddPoint(ring[i + 1]!, ring[i]!);
      }
      const { area = 0, perimeter } = accumulated.Compute(false, true);
      areaM2 += index === 0 ? Math.abs(area) : -Math.abs(area);
      perimeterM += perimeter;
    });
  }
  return { areaM2, perimeterM };
}

/**
 * Brings rings to longitude and latitude so that they can be measured. An edge that is straight on the map is not a geodesic:
 * an edge of 100 km along a parallel at 45 degrees bows by 200 m. Edges get additional vertices, by halving, until
 * none bows by more than a millimetre; edges of less than about 200 m never need any.
 *
 * @param forward map coordinates to `[longitude, latitude]` in degrees.
 */
export function polygonsToLonLat(
  polygonsMap: readonly PolygonRings[],
  forward: (pointMap: Point) => Point,
): PolygonRings[] {
  return polygonsMap.map(({ rings }) => ({ rings: rings.map((ring) => ringToLonLat(ring, forward)) }));
}

interface Vertex {
  readonly map: Point;
  readonly lonLat: Point;
  /** Unit vector on the sphere. */
  readonly unit: readonly [number, number, number];
}

function ringToLonLat(ringMap: RingCoordinates, forward: (pointMap: Point) => Point): RingCoordinates {
  const vertexAt = (map: Point): Vertex => {
    const lonLat = forward(map);
    const lon = (lonLat[0] * Math.PI) / 180;
    const lat = (lonLat[1] * Math.PI) / 180;
    return { map, lonLat, unit: [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)] };
  };
  const lonLat: number[] = [];
  const addEdge = (from: Vertex, to: Vertex, depth: number): void => {
    // Chords below 150 m bow by less than half a millimetre up to 80 degrees of latitude.
    const chordM = meanRadiusM * distance(from.unit, to.unit);
    if (depth < 20 && chordM > 150) {
      const middle = vertexAt([(from.map[0] + to.map[0]) / 2, (from.map[1] + to.map[1]) / 2]);
      // Very long edges are halved unseen: their middle may lie on the geodesic while both halves bow.
      if (chordM > 20_000 || meanRadiusM * distanceFromGreatCircle(middle.unit, from.unit, to.unit) > sagittaM) {
        addEdge(from, middle, depth + 1);
        addEdge(middle, to, depth + 1);
        return;
      }
    }
    lonLat.push(from.lonLat[0], from.lonLat[1]);
  };
  const count = ringMap.length / 2;
  const first = vertexAt([ringMap[0]!, ringMap[1]!]);
  let from = first;
  for (let i = 1; i <= count; i++) {
    const to = i === count ? first : vertexAt([ringMap[2 * i]!, ringMap[2 * i + 1]!]);
    addEdge(from, to, 0);
    from = to;
  }
  return Float64Array.from(lonLat);
}

function distance(a: Vertex['unit'], b: Vertex['unit']): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Sine of the angle between a point and the great circle through two others. */
function distanceFromGreatCircle(point: Vertex['unit'], a: Vertex['unit'], b: Vertex['unit']): number {
  const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]] as const;
  const across = point[0] * normal[0] + point[1] * normal[1] + point[2] * normal[2];
  return Math.abs(across) / Math.hypot(...normal);
}
