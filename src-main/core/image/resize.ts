import { Think2SegError } from '../../contract/errors.ts';
import type { RgbImage } from '../ports.ts';
import { planAxis, type ResizeFilter } from './axis-plan.ts';
import { resizePasses } from './resize-passes.ts';

/**
 * Resizes an 8-bit RGB image to `width` x `height`, aspect not kept, with the same bits as Pillow's `Image.resize`:
 * horizontal pass first, 8-bit between the passes, 22-bit fixed-point coefficients, kernel stretched when reducing.
 * Models were trained on images that Pillow resized, so a merely similar filter would shift their input. (Pillow 13 runs
 * the vertical pass first for some sizes, which moves single samples by one level; earlier ones never do.)
 *
 * @throws Think2SegError INTERNAL when a size is not a positive integer or the data does not fit the size.
 */
export function resizeRgb(image: RgbImage, width: number, height: number, filter: ResizeFilter): RgbImage {
  for (const size of [image.width, image.height, width, height]) {
    if (!Number.isInteger(size) || size < 1) {
      throw new Think2SegError('INTERNAL', `image size is ${size}, expected a positive integer`);
    }
  }
  const expected = image.width * image.height * 3;
  if (image.data.length !== expected) {
    throw new Think2SegError(
      'INTERNAL',
      `RGB data has ${image.data.length} bytes, expected ${expected} for ${image.width} x ${image.height}`,
    );
  }
  if (width === image.width && height === image.height) {
    return { width, height, data: image.data.slice() };
  }
  const across = width === image.width ? null : planAxis(image.width, width, filter, 3, 4);
  const down = height === image.height ? null : planAxis(image.height, height, filter, width * 3, 2);
  return { width, height, data: resizePasses(image, across, down) };
}
