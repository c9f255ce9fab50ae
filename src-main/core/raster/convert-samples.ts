import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';
import { newSamples } from './samples.ts';

/** Least and greatest value of the integer types. */
const limits: Readonly<Partial<Record<SampleType, readonly [number, number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  uint32: [0, 4_294_967_295],
  int32: [-2_147_483_648, 2_147_483_647],
};

/** Samples in another type, as GDAL converts them: integers are rounded, halves away from 0, and kept inside the type; NaN becomes 0. */
export function convertSamples(samples: SampleArray, type: SampleType): SampleArray {
  const converted = newSamples(type, samples.length);
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      put(converted, from + index, convertSample(values[index]!, type));
    }
  });
  return converted;
}

/** As `convertSamples` does; 64-bit integers are exact up to 2 ** 53. */
export function convertSample(value: number, type: SampleType): number | bigint {
  if (type === 'float32' || type === 'float64') {
    return value;
  }
  const whole = Number.isNaN(value) ? 0 : Math.sign(value) * Math.round(Math.abs(value));
  if (type === 'int64') {
    return BigInt.asIntN(64, BigInt(Math.max(-(2 ** 63), Math.min(2 ** 63 - 1024, whole))));
  }
  if (type === 'uint64') {
    return BigInt(Math.max(0, Math.min(2 ** 64 - 2048, whole)));
  }
  const [least, greatest] = limits[type]!;
  return Math.max(least, Math.min(greatest, whole));
}

function put(samples: SampleArray, index: number, value: number | bigint): void {
  (samples as unknown as (number | bigint)[])[index] = value;
}
