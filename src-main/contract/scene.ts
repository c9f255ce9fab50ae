import type { BoundingBox, Geotransform } from './geo.ts';
import type { JsonNumber } from './json-number.ts';

/** Sample types of rasters, named as numpy and rasterio name them. */
export type SampleType =
  'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64' | 'uint64' | 'int64';

export type ColorInterpretation =
  'red' | 'green' | 'blue' | 'alpha' | 'gray' | 'palette' | 'nir' | 'undefined' | (string & {});

/** Exact statistics of one band over its valid full-resolution samples. */
export interface BandStatistics {
  min: JsonNumber;
  max: JsonNumber;
  mean: JsonNumber;
  validCount: number;
}

export interface BandInfo {
  type: SampleType;
  /** The declared nodata value. */
  nodata: JsonNumber | null;
  colorInterpretation: ColorInterpretation;
  /** Band name from the file's metadata. */
  description?: string;
  /** Physical value = sample * scale + offset. */
  scale?: number;
  offset?: number;
  /** Absent when not asked for; null when the band has no valid sample. */
  stats?: BandStatistics | null;
}

/** What `think2seg info` prints. A public contract: keys may be added, not changed. */
export interface SceneInfo {
  schema: 1;
  path: string;
  width: number;
  height: number;
  bands: BandInfo[];
  /**
   * Null when the file carries no coordinate reference system: coordinates are then those of the transform, or pixels. Of a compound
   * system the horizontal part; `vertical` names the part that is left out.
   */
  crs: { epsg?: number; wkt: string; name: string; vertical?: string; accuracyNote?: string } | null;
  /** Null when the file has no georeference at all. */
  transform: Geotransform | null;
  bounds: BoundingBox | null;
  /** Decimation factors, for example `[2, 4, 8]`. */
  overviews: number[];
  /** Name as GDAL prints it (`DEFLATE`, `LZW`, `YCbCr JPEG`), null when there is none. */
  compression: string | null;
  driver: string;
  /**
   * Who reads the pixels: our own TIFF reader, our own with blocks that GDAL decodes (`tiff+gdal`), our own reader of each file
   * that a VRT is put together from, or GDAL alone. The reason is given
   * where GDAL has a part.
   */
  reader: { name: 'tiff' | 'tiff+gdal' | 'vrt' | 'gdal'; reason?: string };
  warnings: string[];
}
