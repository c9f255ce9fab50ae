import { Think2SegError } from '../../contract/errors.ts';
import type { Crs } from '../../contract/geo.ts';
import { gdalRasterInfo } from '../gdal/gdal.ts';
import { epsgEntries } from './epsg-table.ts';
import { crsFromEpsg } from './from-epsg.ts';
import { crsFromWkt } from './from-wkt.ts';
import { tiffOfGeoKeys, type GeoKeys } from './geo-key-tiff.ts';

export type { GeoKeys } from './geo-key-tiff.ts';

const projectedModel = 1;
const geographicModel = 2;
/** Value of a code key that says: look at the other keys. */
const userDefined = 32767;

/**
 * The CRS that a GeoTIFF's keys say (`image.getGeoKeys()` of geotiff.js), null when they say none. Plain EPSG codes are looked up;
 * user-defined systems (projection methods, ellipsoids, units, prime meridians, TOWGS84, Esri's texts) are read by GDAL
 * from a one-pixel file with the same keys. Vertical keys are left out.
 *
 * @throws Think2SegError CRS_UNSUPPORTED for geocentric, local and inconsistent systems.
 */
export async function crsFromGeoKeys(keys: GeoKeys | null | undefined): Promise<Crs | null> {
  if (keys === null || keys === undefined) {
    return null;
  }
  const model = keys['GTModelTypeGeoKey'];
  const projected = keys['ProjectedCSTypeGeoKey'] ?? keys['ProjectedCRSGeoKey'];
  const geographic = keys['GeographicTypeGeoKey'] ?? keys['GeodeticCRSGeoKey'];
  if (model === projectedModel && isEpsgCode(projected)) {
    return crsFromEpsg(projected);
  }
  if (model === geographicModel && isEpsgCode(geographic) && epsgEntries().has(geographic)) {
    return crsFromEpsg(geographic);
  }
  if (projected === undefined && geographic === undefined && !('GTModelTypeGeoKey' in keys)) {
    return null;
  }
  const wkt = await wktOfGeoKeys(keys);
  return wkt === '' ? null : crsFromWkt(wkt);
}

async function wktOfGeoKeys(keys: GeoKeys): Promise<string> {
  try {
    const source = { bytes: tiffOfGeoKeys(keys), extension: '.tif' };
    return (await gdalRasterInfo(source, ['-wkt_format', 'WKT1_GDAL'])).coordinateSystem?.wkt ?? '';
  } catch (thrown) {
    if (thrown instanceof Think2SegError && thrown.code !== 'CRS_UNSUPPORTED') {
      throw new Think2SegError(
        'CRS_UNSUPPORTED',
        `the file's GeoKeys say no coordinate reference system that GDAL understands (${thrown.message})`,
        { cause: thrown, detail: JSON.stringify(keys) },
      );
    }
    throw thrown;
  }
}

/** Codes below 1024 and from 32768 on are private or undefined. */
function isEpsgCode(value: unknown): value is number {
  return typeof value === 'number' && value >= 1024 && value < userDefined;
}
