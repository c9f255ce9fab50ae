import type { BoundingBox, Geotransform } from '../../contract/geo.ts';
import { fromJsonNumber, toJsonNumber, type JsonNumber } from '../../contract/json-number.ts';
import type { BandInfo } from '../../contract/scene.ts';
import type { GdalBandInfo, GdalInfo } from '../gdal/gdal.ts';
import { sampleTypeOfGdal } from './gdal-level.ts';
import type { ValidityRule } from './validity.ts';

/** One entry of a colour table: red, green, blue, alpha, 0..255. */
export type PaletteColor = readonly [number, number, number, number];

/** What GDAL's description of a raster means in the words of the contract. */
export function bandsOf(path: string, info: GdalInfo): BandInfo[] {
  return info.bands.map((band) => ({
    type: sampleTypeOfGdal(path, band.type),
    nodata: nodataOf(band),
    colorInterpretation: band.colorInterpretation.toLowerCase(),
    ...(band.description === undefined || band.description === '' ? {} : { description: band.description }),
    ...(band.scale === undefined || band.scale === 1 ? {} : { scale: band.scale }),
    ...(band.offset === undefined || band.offset === 0 ? {} : { offset: band.offset }),
  }));
}

function nodataOf(band: GdalBandInfo): JsonNumber | null {
  return band.noDataValue === undefined ? null : toJsonNumber(Number(band.noDataValue));
}

/** GDAL's order (c, a, b, f, d, e) to rasterio's; null when the raster has no affine georeference. */
export function transformOf({ geoTransform }: GdalInfo): Geotransform | null {
  if (geoTransform === undefined) {
    return null;
  }
  const [c, a, b, f, d, e] = geoTransform;
  if (a === 1 && e === 1 && b === 0 && c === 0 && d === 0 && f === 0) {
    // What GDAL gives for rasters with control points only.
    return null;
  }
  return [a, b, c, d, e, f];
}

export function boundsOf([a, b, c, d, e, f]: Geotransform, width: number, height: number): BoundingBox {
  const cornersPx = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ] as const;
  const xsMap = cornersPx.map(([x, y]) => a * x + b * y + c);
  const ysMap = cornersPx.map(([x, y]) => d * x + e * y + f);
  return [Math.min(...xsMap), Math.min(...ysMap), Math.max(...xsMap), Math.max(...ysMap)];
}

export function validityRuleOf(info: GdalInfo, bands: readonly BandInfo[], hasMask: boolean): ValidityRule {
  if (hasMask) {
    return { kind: 'mask' };
  }
  const listed = info.metadata['']?.['NODATA_VALUES']?.trim().split(/\s+/).map(Number);
  if (listed?.length === bands.length && bands.every(({ type }) => type === bands[0]?.type)) {
    return { kind: 'pixel-nodata', values: listed };
  }
  const values = bands.map(({ nodata }) => (nodata === null ? null : fromJsonNumber(nodata)));
  if (values.some((value) => value !== null)) {
    return { kind: 'nodata', values };
  }
  const alpha = bands.findIndex(({ colorInterpretation }) => colorInterpretation === 'alpha');
  return alpha >= 0 && bands.length > 1 ? { kind: 'alpha', band: alpha + 1 } : { kind: 'all' };
}

/** The colour table of a band that holds palette indices. */
export function paletteOf(band: GdalBandInfo | undefined): PaletteColor[] | null {
  if (band?.colorInterpretation !== 'Palette' || band.colorTable === undefined) {
    return null;
  }
  return band.colorTable.entries.map(([red = 0, green = 0, blue = 0, alpha = 255]) => [red, green, blue, alpha]);
}

export function georeferenceWarnings(info: GdalInfo): string[] {
  const warnings: string[] = [];
  const controlPoints = info.gcps?.gcpList.length ?? 0;
  if (transformOf(info) === null && controlPoints > 0) {
    warnings.push(
      `georeferenced by ${controlPoints} ground control points only, which are not applied: results are in pixels; ` +
        'warp the file first (gdalwarp) for map coordinates',
    );
  } else if (transformOf(info) === null) {
    warnings.push('no georeference: results are in pixels');
  }
  return warnings;
}
