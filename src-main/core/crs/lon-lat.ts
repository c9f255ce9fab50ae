import proj4 from 'proj4';
import { Think2SegError } from '../../contract/errors.ts';
import type { Crs, Point } from '../../contract/geo.ts';
import { childOf, parseWkt } from './wkt-tree.ts';

/** Both ways between map coordinates (x to the right, y up, in the CRS's own unit) and WGS 84 longitude, latitude in degrees. */
export interface LonLatTransform {
  /** Map `[x, y]` to `[lon, lat]`; NaN outside of where the projection is defined. */
  readonly forward: (pointMap: Point) => Point;
  /** `[lon, lat]` to map `[x, y]`; NaN outside of where the projection is defined. */
  readonly inverse: (lonLat: Point) => Point;
}

/** What proj4js reads over without a word, with wrong coordinates as the result. */
const parametersIgnored: readonly { pattern: RegExp; what: string }[] = [
  { pattern: /\+R_A\b/, what: 'the authalic sphere is not available' },
  { pattern: /\+hyperbolic\b/, what: 'the hyperbolic Cassini projection is not available' },
  { pattern: /\+proj=ortho\b.*\+(alpha|k_0|k)=/, what: 'the local orthographic projection is not available' },
  { pattern: /\+proj=cass\b.*\+pm=ferro\b/, what: 'the grids of the Austrian cadastre are not available' },
];

const radiansPerDegree = Math.PI / 180;
const farthestLon = 600;
const farthestLat = 91;

/**
 * Transformation between a CRS and WGS 84 with the datum shift of its definition (see `Crs.accuracyNote`). For other bodies than the
 * Earth, longitude and latitude are those of the body.
 *
 * @throws Think2SegError CRS_UNSUPPORTED when there is no formula for the projection here.
 */
export function lonLatTransform(crs: Crs): LonLatTransform {
  const ignored = parametersIgnored.find(({ pattern }) => pattern.test(crs.proj4));
  if (ignored !== undefined) {
    throw unsupported(crs, ignored.what);
  }
  const converter = converterOf(crs);
  const degreesPerUnit = crs.isGeographic ? angularUnitRadians(crs) / radiansPerDegree : 1;
  return {
    forward: ([x, y]) => {
      const input = crs.isGeographic ? asAngles(x * degreesPerUnit, y * degreesPerUnit) : [x, y];
      return toPoint(() => converter.forward(input, true));
    },
    inverse: (lonLat) => {
      const [x, y] = toPoint(() => converter.inverse([lonLat[0], lonLat[1]], true));
      return [x / degreesPerUnit, y / degreesPerUnit];
    },
  };
}

/** By PROJ string: proj4js takes milliseconds to read one. */
const converters = new Map<string, proj4.Converter>();

function converterOf(crs: Crs): proj4.Converter {
  let converter = converters.get(crs.proj4);
  if (converter === undefined) {
    try {
      converter = proj4(crs.proj4, 'WGS84');
    } catch (thrown) {
      throw unsupported(crs, 'no formula for its projection', thrown);
    }
    converters.set(crs.proj4, converter);
  }
  return converter;
}

function unsupported(crs: Crs, reason: string, cause?: unknown): Think2SegError {
  return new Think2SegError(
    'CRS_UNSUPPORTED',
    `coordinates of ${crs.name} cannot be transformed to WGS 84: ${reason} (${crs.proj4}); reproject the raster to a common CRS such as UTM`,
    cause === undefined ? {} : { cause },
  );
}

/** proj4js throws for some points outside of a projection's domain and gives NaN or infinity for others. */
function toPoint(transform: () => number[]): Point {
  let point: number[];
  try {
    point = transform();
  } catch (thrown) {
    if (thrown instanceof TypeError && /finite/.test(thrown.message)) {
      return [Number.NaN, Number.NaN];
    }
    throw thrown;
  }
  const [x = Number.NaN, y = Number.NaN] = point;
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : [Number.NaN, Number.NaN];
}

/**
 * What no place on the Earth has becomes NaN: where the CRS is WGS 84 itself, proj4js hands anything on. Longitudes may count on beyond the
 * antimeridian, and grids of the whole Earth reach half a cell beyond the poles.
 */
function asAngles(lon: number, lat: number): [number, number] {
  return Math.abs(lon) <= farthestLon && Math.abs(lat) <= farthestLat
    ? [lon, Math.min(90, Math.max(-90, lat))]
    : [Number.NaN, Number.NaN];
}

/** Geographic CRSs count in degrees nearly always, in grads in France. PROJ strings do not say it, WKT does. */
function angularUnitRadians(crs: Crs): number {
  const unit = childOf(parseWkt(crs.wkt), 'UNIT');
  const radians = Number(unit?.values[1]);
  // The WKT writes 15 digits of a degree: take the exact value, so that degrees stay untouched.
  return Number.isNaN(radians) || Math.abs(radians - radiansPerDegree) < 1e-12 ? radiansPerDegree : radians;
}
