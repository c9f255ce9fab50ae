/**
 * Affine map from pixel to map coordinates, in the order of rasterio:
 * `xMap = a * xPx + b * yPx + c`, `yMap = d * xPx + e * yPx + f`, where pixel (0, 0) is the outer corner of the first pixel.
 */
export type Geotransform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A rectangle of a scene in full-resolution raster pixels; x and y of its upper left corner. */
export interface WindowPx {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `[minX, minY, maxX, maxY]`; the name of the variable says the frame. */
export type BoundingBox = readonly [minX: number, minY: number, maxX: number, maxY: number];

/** `[x, y]`; the name of the variable says the frame. */
export type Point = readonly [x: number, y: number];

/** A coordinate reference system, resolved far enough to transform and to be written to every output format. */
export interface Crs {
  /** Name as people know it, for example `WGS 84 / UTM zone 33N`. */
  readonly name: string;
  readonly epsg?: number;
  /** WKT (the form GDAL prints for a file of this CRS). */
  readonly wkt: string;
  /** proj4 definition that keeps the datum shift. */
  readonly proj4: string;
  readonly isGeographic: boolean;
  /** How far coordinates in WGS 84 may be off and why, when the best datum shift is not available here. */
  readonly accuracyNote?: string;
}
