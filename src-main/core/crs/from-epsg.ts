import { Think2SegError } from '../../contract/errors.ts';
import type { Crs } from '../../contract/geo.ts';
import { convertSpatialReference } from '../gdal/spatial-reference.ts';
import { epsgEntries } from './epsg-table.ts';
import { crsFromWkt } from './from-wkt.ts';
import { crsOfEntry } from './of-entry.ts';

/**
 * The CRS with an EPSG code. Codes of compound or three-dimensional systems give their horizontal part.
 *
 * @throws Think2SegError CRS_UNSUPPORTED when the code is unknown or is no horizontal CRS.
 */
export async function crsFromEpsg(code: number): Promise<Crs> {
  const entry = epsgEntries().get(code);
  if (entry !== undefined) {
    return crsOfEntry(entry);
  }
  if (!Number.isInteger(code) || code < 1) {
    throw new Think2SegError('CRS_UNSUPPORTED', `got EPSG code ${code}, expected a positive whole number`);
  }
  return crsFromWkt(await convertSpatialReference(`EPSG:${code}`, 'WKT1_GDAL'));
}
