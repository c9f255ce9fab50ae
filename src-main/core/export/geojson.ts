import { basename } from 'node:path';

import type { AttributeField } from '../../contract/attributes.ts';
import type { LonLatTransform } from '../crs/lon-lat.ts';
import { lonLatTransform } from '../crs/lon-lat.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import type { OutputFeature, PolygonRings, RingCoordinates, WriteRequest, WrittenFiles } from '../ports.ts';
import { contains } from '../geometry/topology.ts';
import { cutAtAntimeridian, type PoleLat } from './antimeridian.ts';
import { allAttributesOf } from './foreign-columns.ts';
import { LonLatBounds } from './lon-lat-bounds.ts';
import { unwrappedLonLat, type LonLatRing } from './lon-lat-rings.ts';
import { roundedPolygon } from './rounded-polygon.ts';
import { TextOutput } from './text-output.ts';

const featuresBetweenAbortChecks = 500;

const withoutCrsWarning =
  'the scene has no coordinate reference system: coordinates are those of the scene (pixels with y negated where it has no geotransform), not longitude and latitude';

/**
 * Writes RFC 7946 GeoJSON: WGS 84 longitude and latitude, exteriors counter-clockwise, 7 decimals, cut at the antimeridian, no `crs`
 * member. The run record is the foreign member `think2seg`.
 */
export async function writeGeoJson(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  const toLonLat = request.crs === null ? null : lonLatTransform(request.crs);
  const leftOut = new Set<string>();
  await withAtomicOutputs([request.path], { ...request, signal }, async ([temporaryPath]) => {
    const bounds = new LonLatBounds();
    await TextOutput.create(temporaryPath, async (output) => {
      const texts = featureTexts(request, toLonLat, bounds, leftOut, signal);
      await output.append('{"type":"FeatureCollection","features":[');
      let separator = '\n';
      for (const text of texts) {
        await output.append(separator + text);
        separator = ',\n';
      }
      const box = bounds.box();
      const warnings = [...(request.crs === null ? [withoutCrsWarning] : []), ...leftOut];
      await output.append(
        `\n]${box === null ? '' : `,"bbox":${JSON.stringify(box)}`}` +
          (warnings.length === 0 ? '' : `,"think2segWarnings":${JSON.stringify(warnings)}`) +
          `,"think2seg":${JSON.stringify(request.runRecord)}}\n`,
      );
    });
  });
  // That the scene has no coordinate reference system, whoever asked has heard already.
  return { files: [request.path], warnings: [...leftOut].map((warning) => `${basename(request.path)}: ${warning}`) };
}

function* featureTexts(
  request: WriteRequest,
  toLonLat: LonLatTransform | null,
  bounds: LonLatBounds,
  warnings: Set<string>,
  signal: AbortSignal,
): Generator<string> {
  for (const [index, feature] of request.features.entries()) {
    if (index % featuresBetweenAbortChecks === 0) {
      signal.throwIfAborted();
    }
    yield featureText(feature, request.fields ?? [], toLonLat, bounds, warnings);
  }
}

function featureText(
  feature: OutputFeature,
  fields: readonly AttributeField[],
  toLonLat: LonLatTransform | null,
  bounds: LonLatBounds,
  warnings: Set<string>,
): string {
  const polygons: RingCoordinates[][] = [];
  for (const polygon of feature.polygonsMap) {
    for (const part of toLonLat === null ? [[...polygon.rings]] : lonLatParts(polygon, toLonLat, bounds, warnings)) {
      const written = roundedPolygon(part);
      if (written.length === 0) {
        warnings.add(`instance ${feature.instance}: a part too small for the decimals written was left out`);
      }
      for (const rings of written) {
        polygons.push(rings);
        bounds.add(rings);
      }
    }
  }
  const coordinates = polygons.map((rings) => `[${rings.map(ringText).join(',')}]`);
  const geometry =
    coordinates.length === 0
      ? 'null'
      : coordinates.length === 1
        ? `{"type":"Polygon","coordinates":${coordinates[0] ?? ''}}`
        : `{"type":"MultiPolygon","coordinates":[${coordinates.join(',')}]}`;
  return `{"type":"Feature","id":${feature.instance},"properties":${JSON.stringify(allAttributesOf(feature, fields))},"geometry":${geometry}}`;
}

function lonLatParts(
  polygon: PolygonRings,
  toLonLat: LonLatTransform,
  bounds: LonLatBounds,
  warnings: Set<string>,
): RingCoordinates[][] {
  const rings: LonLatRing[] = [];
  for (const ring of polygon.rings) {
    const lonLat = unwrappedLonLat(ring, toLonLat);
    if (lonLat === null) {
      warnings.add('parts outside of where the map projection is defined were left out');
      if (rings.length === 0) {
        return [];
      }
    } else {
      rings.push(lonLat);
    }
  }
  const [exteriorMap] = polygon.rings;
  const [exterior] = rings;
  if (exteriorMap === undefined || exterior === undefined) {
    return [];
  }
  const poleLat = rings.some(({ turns }) => turns !== 0) ? poleWithin(exteriorMap, exterior, toLonLat) : 90;
  const { parts, crosses } = cutAtAntimeridian(rings, poleLat);
  if (crosses) {
    bounds.crossesAntimeridian = true;
  }
  return parts;
}

/** The pole that a ring goes around, should it go around one. */
function poleWithin(exteriorMap: RingCoordinates, exterior: LonLatRing, { inverse }: LonLatTransform): PoleLat {
  const isInside = (lat: PoleLat): boolean => {
    const pole = inverse([0, lat]);
    return !Number.isNaN(pole[0]) && contains({ rings: [exteriorMap] }, pole);
  };
  const isNorthInside = isInside(90);
  if (isNorthInside !== isInside(-90)) {
    return isNorthInside ? 90 : -90;
  }
  const lats = exterior.ring.filter((_, index) => index % 2 === 1);
  return lats.reduce((sum, lat) => sum + lat, 0) > 0 ? 90 : -90;
}

function ringText(ring: RingCoordinates): string {
  const points: string[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    points.push(`[${decimalText(ring[i]!)},${decimalText(ring[i + 1]!)}]`);
  }
  points.push(points[0] ?? '');
  return `[${points.join(',')}]`;
}

/** Plain decimal notation: numbers near zero would be written with an exponent. */
function decimalText(value: number): string {
  const text = String(value === 0 ? 0 : value);
  return text.includes('e') ? value.toFixed(11).replace(/0+$/, '') : text;
}
