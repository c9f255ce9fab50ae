import type { Crs } from '../../contract/geo.ts';
import { crsFromWkt } from './from-wkt.ts';

/** Whether a WKT (undefined or empty: none) says the CRS `crs`, by code where both have one, else by definition. */
export async function isSameCrs(crs: Crs | null, wkt: string | undefined): Promise<boolean> {
  const isAbsent = wkt === undefined || saysNoCrs(wkt);
  if (crs === null || isAbsent) {
    return crs === null && isAbsent;
  }
  const other = await crsFromWkt(wkt);
  return crs.epsg !== undefined && other.epsg !== undefined ? crs.epsg === other.epsg : crs.proj4 === other.proj4;
}

/** Whether a WKT is empty, or one by which GDAL says that coordinates lie nowhere on the Earth. */
export function saysNoCrs(wkt: string): boolean {
  return wkt === '' || /^(LOCAL_CS|ENGCRS|LOCAL_DATUM)/.test(wkt) || /Undefined/.test(wkt);
}
