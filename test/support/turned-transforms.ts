import type { Geotransform } from '../../src-main/contract/geo.ts';

/** Places for a raster near Zurich (EPSG:2056) that no axis-parallel drawing gets right. */
export const turnedTransforms: readonly (readonly [name: string, transform: Geotransform])[] = [
  ['turned', [0.43, 0.25, 2679062.5, 0.25, -0.43, 1248000]],
  ['sheared', [0.5, 0.3, 2679062.5, -0.2, -0.9, 1248000]],
  ['upside-down', [0.5, 0, 2679062.5, 0, 0.5, 1247700]],
];
