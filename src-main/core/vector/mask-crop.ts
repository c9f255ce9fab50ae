import { Think2SegError } from '../../contract/errors.ts';
import type { LabelMask } from './mask-runs.ts';

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
 * Leaves away the empty border of a mask (but for up to three columns): an object often takes a small part of the image it was found on.
 * A mask that fills more than half of its place, and one without labels, comes back as it is. The crop has memory of its own.
 */
export function cropToLabels(mask: LabelMask, width: number, height: number): MaskCrop {
  if (mask.length !== width * height) {
    throw new Think2SegError(
      'INTERNAL',
      `the mask has ${mask.length} samples, expected ${width} x ${height} = ${width * height}`,
    );
  }
  const whole = { mask, width, height, x: 0, y: 0 };
  const { cells, labelsPerCell } = cellsOf(mask, width);
  const columns = width / labelsPerCell;
  let first = 0;
  while (first < cells.length && cells[first] === 0) {
    first++;
  }
  if (first === cells.length) {
    return whole;
  }
  let last = cells.length - 1;
  while (cells[last] === 0) {
    last--;
  }
  const top = Math.floor(first / columns);
  const bottom = Math.floor(last / columns);
  let leftmost = columns;
  let rightmost = -1;
  for (let row = top * columns; row <= bottom * columns; row += columns) {
    for (let column = 0; column < leftmost; column++) {
      if (cells[row + column] !== 0) {
        leftmost = column;
      }
    }
    for (let column = columns - 1; column > rightmost; column--) {
      if (cells[row + column] !== 0) {
        rightmost = column;
      }
    }
  }
  const left = leftmost * labelsPerCell;
  const cropWidth = (rightmost - leftmost + 1) * labelsPerCell;
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

/** The labels four bytes at a time where rows start on such a word, else one at a time. */
function cellsOf(mask: LabelMask, width: number): { cells: LabelMask | Uint32Array; labelsPerCell: number } {
  const labelsPerCell = 4 / mask.BYTES_PER_ELEMENT;
  return mask.byteOffset % 4 === 0 && width % labelsPerCell === 0
    ? { cells: new Uint32Array(mask.buffer, mask.byteOffset, mask.length / labelsPerCell), labelsPerCell }
    : { cells: mask, labelsPerCell: 1 };
}
