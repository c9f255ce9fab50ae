import type { Crs } from '../../contract/geo.ts';

/** How GDAL gets to know a CRS best: by its code where it has one. */
export function gdalDefinition(crs: Crs): string {
  return crs.epsg === undefined ? crs.wkt : `EPSG:${crs.epsg}`;
}
