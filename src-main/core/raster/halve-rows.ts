import type { SampleArray } from '../ports.ts';

/** Samples that a map can draw; wider numbers are written as float32. */
export type DrawnSampleType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32';

export type DrawnSamples = Exclude<SampleArray, Float64Array | BigUint64Array | BigInt64Array>;

/** A new array of the same type. */
export function likeSamples<Samples extends DrawnSamples>(samples: Samples, length: number): Samples {
  return new (samples.constructor as new (length: number) => Samples)(length);
}

/** Some whole rows of a level; arrays are `rows * width`. */
export interface RowBlock {
  readonly width: number;
  readonly rows: number;
  readonly bands: readonly DrawnSamples[];
  /** Per band: 1 where its sample counts. */
  readonly validPerBand: readonly Uint8Array[];
  /** 1 where the pixel counts. */
  readonly valid: Uint8Array;
}

/**
 * The next coarser level: each pixel is the mean of the (up to) four below it that count, and counts when one of them does. Where
 * none counts the first sample stays, which is the nodata value where there is one.
 */
export function halveRows({ width, rows, bands, validPerBand, valid }: RowBlock): RowBlock {
  const halfWidth = Math.ceil(width / 2);
  const halfRows = Math.ceil(rows / 2);
  const halved = bands.map((samples, band) => halveBand(samples, validPerBand[band]!, width, rows));
  return {
    width: halfWidth,
    rows: halfRows,
    bands: halved.map(({ samples }) => samples),
    validPerBand: halved.map((band) => band.valid),
    valid: halveBand(valid, valid, width, rows).valid,
  };
}

function halveBand(
  samples: DrawnSamples,
  valid: Uint8Array,
  width: number,
  rows: number,
): { samples: DrawnSamples; valid: Uint8Array } {
  const halfWidth = Math.ceil(width / 2);
  const halfRows = Math.ceil(rows / 2);
  const half = likeSamples(samples, halfWidth * halfRows);
  const halfValid = new Uint8Array(half.length);
  const isFloat = samples instanceof Float32Array;
  // Two rows as float64: the loop below sees one array type whatever the scene is made of.
  const upper = new Float64Array(halfWidth * 2);
  const lower = new Float64Array(halfWidth * 2);
  for (let halfRow = 0; halfRow < halfRows; halfRow += 1) {
    const top = halfRow * 2 * width;
    const bottom = halfRow * 2 + 1 < rows ? top + width : top;
    upper.set(samples.subarray(top, top + width));
    lower.set(samples.subarray(bottom, bottom + width));
    const weightBelow = bottom === top ? 0 : 1;
    for (let column = 0; column < halfWidth; column += 1) {
      const left = column * 2;
      const hasRight = left + 1 < width ? 1 : 0;
      const a = valid[top + left]!;
      const b = hasRight * valid[top + left + hasRight]!;
      const c = weightBelow * valid[bottom + left]!;
      const d = weightBelow * hasRight * valid[bottom + left + hasRight]!;
      const count = a + b + c + d;
      const at = halfRow * halfWidth + column;
      if (count === 0) {
        half[at] = upper[left]!;
        continue;
      }
      let sum = a === 1 ? upper[left]! : 0;
      sum += b === 1 ? upper[left + 1]! : 0;
      sum += c === 1 ? lower[left]! : 0;
      sum += d === 1 ? lower[left + 1]! : 0;
      half[at] = isFloat ? sum / count : Math.round(sum / count);
      halfValid[at] = 1;
    }
  }
  return { samples: half, valid: halfValid };
}
