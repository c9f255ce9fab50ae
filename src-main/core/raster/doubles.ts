import type { SampleArray } from '../ports.ts';

const chunkLength = 16384;

/**
 * Gives the samples chunk by chunk as float64, from `from` on: loops over them then see one array type, which the
 * engine makes fast, whatever the scenes before were made of. 64-bit integers lose what float64 cannot hold.
 */
export function forEachChunk(
  samples: SampleArray,
  use: (values: Float64Array, from: number, count: number) => void,
): void {
  const chunk = new Float64Array(Math.min(chunkLength, samples.length));
  for (let from = 0; from < samples.length; from += chunkLength) {
    const count = Math.min(chunkLength, samples.length - from);
    copyAsDoubles(samples, from, count, chunk);
    use(chunk, from, count);
  }
}

/** Writes `count` samples from `from` on to the start of `target`. */
export function copyAsDoubles(samples: SampleArray, from: number, count: number, target: Float64Array): void {
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
    for (let index = 0; index < count; index += 1) {
      target[index] = Number(samples[from + index]!);
    }
  } else {
    target.set(samples.subarray(from, from + count));
  }
}

/** The same bits as unsigned integers of the same size: copying and wrapping sums need no more. */
export function asUnsigned(samples: SampleArray): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const { buffer, byteOffset, length } = samples;
  switch (samples.BYTES_PER_ELEMENT) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length);
    case 4:
      return new Uint32Array(buffer, byteOffset, length);
    default:
      return new BigUint64Array(buffer, byteOffset, length);
  }
}
