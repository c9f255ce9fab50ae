/** GeoJSON as GDAL writes it, down to its polygons. */
import type { PolygonRings, RingCoordinates } from '../ports.ts';

type Ring = readonly (readonly [number, number])[];

type Geometry =
  | { readonly type: 'Polygon'; readonly coordinates: readonly Ring[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Ring[])[] }
  | { readonly type: 'GeometryCollection'; readonly geometries: readonly Geometry[] }
  | { readonly type: 'Point' | 'MultiPoint' | 'LineString' | 'MultiLineString' };

interface Collection {
  readonly features: readonly {
    readonly properties: Readonly<Record<string, unknown>> | null;
    readonly geometry: Geometry | null;
  }[];
}

export interface VectorFeature {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly polygonsMap: readonly PolygonRings[];
}

export interface ParsedFeatures {
  readonly features: readonly VectorFeature[];
  /** Features without any polygon. */
  readonly otherShapes: number;
}

export function parseFeatures(geoJson: string): ParsedFeatures {
  const { features } = JSON.parse(geoJson) as Collection;
  const read = features.map(({ properties, geometry }) => ({
    properties: properties ?? {},
    polygonsMap: geometry === null ? [] : polygonsOf(geometry),
  }));
  const withPolygons = read.filter(({ polygonsMap }) => polygonsMap.length > 0);
  return { features: withPolygons, otherShapes: read.length - withPolygons.length };
}

function polygonsOf(geometry: Geometry): PolygonRings[] {
  switch (geometry.type) {
    case 'Polygon':
      return ringsOf(geometry.coordinates);
    case 'MultiPolygon':
      return geometry.coordinates.flatMap(ringsOf);
    case 'GeometryCollection':
      return geometry.geometries.flatMap(polygonsOf);
    case 'Point':
    case 'MultiPoint':
    case 'LineString':
    case 'MultiLineString':
      return [];
  }
}

/** None for a polygon without an exterior, which some formats allow. */
function ringsOf(rings: readonly Ring[]): PolygonRings[] {
  const open = rings.map(openRing).filter((ring) => ring.length >= 6);
  return open.length === 0 ? [] : [{ rings: open }];
}

/** GeoJSON repeats the first vertex at the end. */
function openRing(ring: Ring): RingCoordinates {
  return Float64Array.from(ring.slice(0, -1).flatMap(([x, y]) => [x, y]));
}
