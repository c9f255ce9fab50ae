/** What the engine says of scenes that a test makes up. */
import type { BoundingBox, Geotransform } from '../../src-main/contract/geo.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';

/** A square scene north up with its upper left corner at 400 km east, 5800 km north. */
export function squareScene(sidePx: number, unitsPerPx: number, proj4: string | null): SceneDisplay {
  const transform: Geotransform = [unitsPerPx, 0, 400_000, 0, -unitsPerPx, 5_800_000];
  const side = sidePx * unitsPerPx;
  const boundsMap: BoundingBox = [400_000, 5_800_000 - side, 400_000 + side, 5_800_000];
  return {
    info: {
      schema: 1,
      path: '/data/scene.tif',
      width: sidePx,
      height: sidePx,
      bands: [],
      crs: null,
      transform,
      bounds: boundsMap,
      overviews: [],
      compression: null,
      driver: 'GTiff',
      reader: { name: 'tiff' },
      warnings: [],
    },
    proj4,
    transform,
    boundsMap,
    metresPerUnit: null,
    file: { path: '/data/scene.tif' },
    isPalette: false,
    rgbBands: [1, 1, 1],
    percentiles: [],
    validity: { kind: 'mask' },
    isEmpty: false,
  };
}
