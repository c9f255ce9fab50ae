import { Think2SegError } from '../../contract/errors.ts';
import type { RgbImage } from '../ports.ts';
import type { ImageProcessing } from './lvlm-config.ts';

/** Patches of one still image, ready for the vision encoder. */
export interface ImagePatches {
  /** `rows * columns` patches of `3 * temporal * patch * patch` values each. */
  readonly values: Float32Array;
  /** Values of one patch. */
  readonly patchLength: number;
  /** Patches down and across; both multiples of the merge size. */
  readonly rows: number;
  readonly columns: number;
}

/**
 * Checks that the processor the model was trained with would take the frame as it is.
 *
 * @throws Think2SegError PACK_INVALID when it would resize the frame: the model's coordinates would then be of another frame.
 */
export function assertFrameFits(width: number, height: number, processing: ImageProcessing): void {
  const cell = processing.patchSize * processing.mergeSize;
  if (width % cell !== 0 || height % cell !== 0) {
    throw new Think2SegError(
      'PACK_INVALID',
      `the pack's frame is ${width} x ${height}, expected multiples of ${cell}; correct the frame in pack.json or of the import`,
    );
  }
  const { minPixels, maxPixels } = processing;
  if (width * height < minPixels || width * height > maxPixels) {
    throw new Think2SegError(
      'PACK_INVALID',
      `the pack's frame of ${width} x ${height} has ${width * height} pixels, expected ${minPixels} to ${maxPixels} as ` +
        'preprocessor_config.json says; correct the frame in pack.json or of the import',
    );
  }
}

/**
 * Normalises an image that is already in the model frame and cuts it into patches, in the order of Qwen2-VL: cells of
 * `merge x merge` patches row by row, inside a cell row by row; each patch channel by channel, repeated along time.
 */
export function imagePatches(image: RgbImage, processing: ImageProcessing): ImagePatches {
  const { patchSize, temporalPatchSize, mergeSize, rescaleFactor, mean, std } = processing;
  assertFrameFits(image.width, image.height, processing);
  const rows = image.height / patchSize;
  const columns = image.width / patchSize;
  const plane = patchSize * patchSize;
  const patchLength = 3 * temporalPatchSize * plane;
  const values = new Float32Array(rows * columns * patchLength);
  const normalised = Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = Math.floor(i / 256);
    return ((i % 256) * rescaleFactor - mean[channel]!) / std[channel]!;
  });

  let at = 0;
  for (let cellRow = 0; cellRow < rows; cellRow += mergeSize) {
    for (let cellColumn = 0; cellColumn < columns; cellColumn += mergeSize) {
      for (let row = cellRow; row < cellRow + mergeSize; row++) {
        for (let column = cellColumn; column < cellColumn + mergeSize; column++) {
          for (let channel = 0; channel < 3; channel++) {
            const first = at;
            for (let y = row * patchSize; y < (row + 1) * patchSize; y++) {
              let pixel = (y * image.width + column * patchSize) * 3 + channel;
              for (let x = 0; x < patchSize; x++) {
                values[at++] = normalised[channel * 256 + image.data[pixel]!]!;
                pixel += 3;
              }
            }
            for (let time = 1; time < temporalPatchSize; time++) {
              values.copyWithin(at, first, first + plane);
              at += plane;
            }
          }
        }
      }
    }
  }
  return { values, patchLength, rows, columns };
}
