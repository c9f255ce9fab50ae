import type { BoundingBox, Geotransform } from './geo.ts';
import type { SceneInfo } from './scene.ts';

/** What tells which pixels of a file count. Values are by band, null for a band without; NaN never counts. */
export type DrawnValidity =
  /** The mask inside the file, or nothing. */
  | { kind: 'mask' }
  | { kind: 'nodata'; values: readonly (number | null)[] }
  /** A pixel is missing where each of its bands holds its own value, and nowhere else. */
  | { kind: 'pixel-nodata'; values: readonly number[] }
  /** 1-based number of the band that says how much a pixel covers. */
  | { kind: 'alpha'; band: number };

/** What a map needs to draw a scene without knowing its format. */
export interface SceneDisplay {
  info: SceneInfo;
  /** proj4 definition with its datum shift; null without a CRS. */
  proj4: string | null;
  /** Pixel to map; `[1, 0, 0, 0, -1, 0]` without georeference. */
  transform: Geotransform;
  boundsMap: BoundingBox;
  /** Metres per map unit along x near the middle of the scene; null without a CRS on the Earth. */
  metresPerUnit: number | null;
  /** The file the map reads through the raster protocol: the scene itself, or a copy made for drawing. */
  file: {
    path: string;
    /** Why the scene itself is not drawn: its format, or no overviews. Absent when it is. */
    copyReason?: string;
  };
  /** A palette scene has one band of indices; the file to draw has the three colours they stand for. Ask such a scene with `bands: null`. */
  isPalette: boolean;
  /** 1-based bands of the file to draw: what red, green and blue show at first; one band three times is grey. */
  rgbBands: [number, number, number];
  /** Per band of the file to draw: the 2nd and 98th percentile of valid samples, which is the first stretch. 8-bit colour is 0 to 255. */
  percentiles: { low: number; high: number }[];
  /** Which pixels of the file to draw count: those that the models see. */
  validity: DrawnValidity;
  /** No pixel counts: all are nodata, masked or transparent, so that there is nothing to draw. */
  isEmpty: boolean;
}
