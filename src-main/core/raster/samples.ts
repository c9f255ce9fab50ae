import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';

const bytesByType: Readonly<Record<SampleType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  float64: 8,
  uint64: 8,
  int64: 8,
};

export function bytesPerSample(type: SampleType): number {
  return bytesByType[type];
}

export function newSamples(type: SampleType, length: number): SampleArray {
  switch (type) {
    case 'uint8':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'uint64':
      return new BigUint64Array(length);
    case 'int64':
      return new BigInt64Array(length);
  }
}

/** Little-endian bytes seen as samples; copies only when they are not aligned. */
export function samplesFromBytes(type: SampleType, bytes: Uint8Array): SampleArray {
  const size = bytesByType[type];
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  const length = Math.floor(aligned.byteLength / size);
  const { buffer, byteOffset } = aligned;
  switch (type) {
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, length);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length);
  }
}

/** Fills with a number, as the type stores it (NaN in integers is 0). */
export function fillSamples(samples: SampleArray, value: number): void {
  if (samples instanceof BigUint64Array || samples instanceof BigInt64Array) {
    samples.fill(Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);
  } else {
    samples.fill(value);
  }
}
