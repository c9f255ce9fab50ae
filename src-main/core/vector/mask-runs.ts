import { doubled } from './doubled.ts';

/** A mask of labels, `height * width`, row-major; 0 is background. */
export type LabelMask = Uint8Array | Uint16Array;

/** The horizontal runs of equal non-zero label, from left to right, row by row. */
export interface MaskRuns {
  /** Runs of row `y` are `ofRow[y]..ofRow[y + 1]`. */
  readonly ofRow: Int32Array;
  /** First column of each run, and the column behind its last one. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly label: Uint16Array;
}

/** Finds the runs of a mask. Where a run is long, four bytes of it are compared at once. */
export function findRuns(mask: LabelMask, width: number, height: number): MaskRuns {
  const words =
    mask.byteOffset % 4 === 0 ? new Int32Array(mask.buffer, mask.byteOffset, mask.byteLength >> 2) : undefined;
  const perWord = 4 / mask.BYTES_PER_ELEMENT;
  const repeat = mask.BYTES_PER_ELEMENT === 1 ? 0x0101_0101 : 0x0001_0001;
  /** The first place from `place` on, and before `stop`, that has another label than `label`; `stop` without one. */
  const endOf = (label: number, place: number, stop: number): number => {
    if (words !== undefined) {
      while (place < stop && place % perWord !== 0 && mask[place] === label) {
        place++;
      }
      if (place % perWord === 0) {
        const pattern = Math.imul(label, repeat);
        for (const last = stop - perWord; place <= last && words[place / perWord] === pattern;) {
          place += perWord;
        }
      }
    }
    while (place < stop && mask[place] === label) {
      place++;
    }
    return place;
  };

  const ofRow = new Int32Array(height + 1);
  let start = new Int32Array(1 << 10);
  let end = new Int32Array(1 << 10);
  let label = new Uint16Array(1 << 10);
  let count = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const stop = row + width;
    for (let place = endOf(0, row, stop); place < stop; place = endOf(0, place, stop)) {
      if (count === start.length) {
        start = doubled(start);
        end = doubled(end);
        label = doubled(label);
      }
      label[count] = mask[place]!;
      start[count] = place - row;
      place = endOf(label[count]!, place + 1, stop);
      end[count++] = place - row;
    }
    ofRow[y + 1] = count;
  }
  return { ofRow, start: start.subarray(0, count), end: end.subarray(0, count), label: label.subarray(0, count) };
}
