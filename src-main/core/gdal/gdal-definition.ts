import type { Crs } from '../../contract/geo.ts';

/** For `-a_srs`: how a layer is told that it lies in no CRS. A GeoPackage has a number for that, which GDAL gives to this name alone. */
export function layerDefinition(crs: Crs | null, driver: string): string {
  if (crs !== null) {
    return gdalDefinition(crs);
  }
  return driver === 'GPKG' ? 'LOCAL_CS["Undefined Cartesian SRS"]' : 'NONE';
}

/** How GDAL gets to know a CRS best: by its code where it has one. */
export function gdalDefinition(crs: Crs): string {
  return crs.epsg === undefined ? crs.wkt : `EPSG:${crs.epsg}`;
}
