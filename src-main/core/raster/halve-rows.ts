import type { SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';

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
  const halfPixels = halfWidth * Math.ceil(rows / 2);
  const sums = new Float64Array(halfPixels);
  const counts = new Uint8Array(halfPixels);
  const half = likeSamples(samples, halfPixels);
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      const pixel = from + index;
      if (valid[pixel] === 1) {
        const row = Math.floor(pixel / width);
        const at = (row >> 1) * halfWidth + ((pixel - row * width) >> 1);
        sums[at] = sums[at]! + values[index]!;
        counts[at] = counts[at]! + 1;
      }
    }
  });
  const isFloat = samples instanceof Float32Array;
  for (let at = 0; at < halfPixels; at += 1) {
    const count = counts[at]!;
    if (count === 0) {
      const row = Math.floor(at / halfWidth);
      half[at] = samples[row * 2 * width + (at - row * halfWidth) * 2]!;
    } else {
      const mean = sums[at]! / count;
      half[at] = isFloat ? mean : Math.round(mean);
    }
  }
  return { samples: half, valid: counts.map((count) => (count > 0 ? 1 : 0)) };
}
