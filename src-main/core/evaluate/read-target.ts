/** The pixels that answer a sample, on the grid where masks are compared. */
import { Think2SegError } from '../../contract/errors.ts';
import type { RasterReader } from '../ports.ts';

import { cocoMask } from './coco-mask.ts';
import { resizeNearest } from './resize-nearest.ts';
import type { TargetSource } from './sample.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** 1 where any band of the mask file is above 0. @throws INPUT_CORRUPT when it is not as large as the image. */
async function readMaskRaster(
  rasters: RasterReader,
  path: string,
  size: Size,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const source = await rasters.open(path, signal);
  try {
    const { width, height, bands } = source.info;
    if (width !== size.width || height !== size.height) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `the mask is ${width} x ${height}, expected the ${size.width} x ${size.height} of the image`,
      );
    }
    const coloured = bands.flatMap(({ colorInterpretation }, index) =>
      colorInterpretation === 'alpha' ? [] : [index + 1],
    );
    const window = await source.readWindow(
      { windowPx: { x: 0, y: 0, width, height }, outWidth: width, outHeight: height, bands: coloured },
      signal,
    );
    const mask = new Uint8Array(width * height);
    for (const samples of window.bands) {
      for (let index = 0; index < mask.length; index++) {
        if (samples[index]! > 0) {
          mask[index] = 1;
        }
      }
    }
    return mask;
  } finally {
    await source.close();
  }
}

/**
 * @param image Size of the image; a mask of another size is an error.
 * @param grid Size of the result, nearest neighbour.
 * @returns `grid.height * grid.width`, 1 = target.
 */
export async function readTarget(
  rasters: RasterReader,
  target: TargetSource,
  image: Size,
  grid: Size,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const mask =
    target.kind === 'raster'
      ? await readMaskRaster(rasters, target.path, image, signal)
      : cocoMask(target.parts, image);
  return resizeNearest(mask, image, grid);
}
