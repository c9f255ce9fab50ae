import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { newSamples } from './samples.ts';

/** Reverses the bytes of every sample in place. */
export function swapBytes(bytes: Uint8Array, sampleBytes: number): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (sampleBytes === 2) {
    buffer.swap16();
  } else if (sampleBytes === 4) {
    buffer.swap32();
  } else {
    buffer.swap64();
  }
  return bytes;
}

/** Samples of any number of bits up to 32, most significant bit first, each row starting on a byte. */
export function unpackBits(
  bytes: Uint8Array,
  bitsPerSample: number,
  type: SampleType,
  valuesPerRow: number,
  rows: number,
): SampleArray {
  const values = newSamples(type, valuesPerRow * rows);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    throw new Error(`${bitsPerSample} bits per sample`);
  }
  const rowBytes = Math.ceil((valuesPerRow * bitsPerSample) / 8);
  const range = 2 ** bitsPerSample;
  const isSigned = type.startsWith('int');
  for (let row = 0; row < rows; row += 1) {
    let at = row * rowBytes;
    let bits = 0;
    let bitCount = 0;
    for (let index = 0; index < valuesPerRow; index += 1) {
      while (bitCount < bitsPerSample) {
        // Arithmetic, not shifts: up to 39 bits are held.
        bits = bits * 256 + bytes[at]!;
        at += 1;
        bitCount += 8;
      }
      bitCount -= bitsPerSample;
      const scale = 2 ** bitCount;
      const value = Math.floor(bits / scale);
      bits -= value * scale;
      values[row * valuesPerRow + index] = isSigned && value >= range / 2 ? value - range : value;
    }
  }
  return values;
}
