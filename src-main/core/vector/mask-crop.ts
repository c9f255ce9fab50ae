import { Think2SegError } from '../../contract/errors.ts';
import type { LabelMask } from './label-components.ts';

/** The part of a mask that holds all its labels, and where it lies. */
export interface MaskCrop {
  readonly mask: LabelMask;
  readonly width: number;
  readonly height: number;
  /** Column and row of its first pixel in the whole mask. */
  readonly x: number;
  readonly y: number;
}

/**
 * Leaves away the empty border of a mask: an object often takes a small part of the image it was found on. A mask that fills more than
 * half of its place, and one without labels, comes back as it is. The crop has memory of its own.
 */
export function cropToLabels(mask: LabelMask, width: number, height: number): MaskCrop {
  if (mask.length !== width * height) {
    throw new Think2SegError(
      'INTERNAL',
      `the mask has ${mask.length} samples, expected ${width} x ${height} = ${width * height}`,
    );
  }
  let first = 0;
  while (first < mask.length && mask[first] === 0) {
    first++;
  }
  let last = mask.length - 1;
  while (last > first && mask[last] === 0) {
    last--;
  }
  const top = Math.floor(first / width);
  const bottom = Math.floor(last / width);
  const whole = { mask, width, height, x: 0, y: 0 };
  if (first > last) {
    return whole;
  }
  let left = width;
  let right = -1;
  for (let row = top * width; row <= bottom * width; row += width) {
    for (let x = 0; x < left; x++) {
      if (mask[row + x] !== 0) {
        left = x;
      }
    }
    for (let x = width - 1; x > right; x--) {
      if (mask[row + x] !== 0) {
        right = x;
      }
    }
  }
  const cropWidth = right - left + 1;
  const cropHeight = bottom - top + 1;
  if (cropWidth * cropHeight * 2 > mask.length) {
    return whole;
  }
  const crop =
    mask instanceof Uint8Array ? new Uint8Array(cropWidth * cropHeight) : new Uint16Array(cropWidth * cropHeight);
  for (let y = 0; y < cropHeight; y++) {
    const from = (top + y) * width + left;
    crop.set(mask.subarray(from, from + cropWidth), y * cropWidth);
  }
  return { mask: crop, width: cropWidth, height: cropHeight, x: left, y: top };
}
