import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';

/** What all sample arrays are made by. */
interface SampleArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): SampleArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): SampleArray;
}

const arrayTypes: Readonly<Record<SampleType, SampleArrayType>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
};

export function bytesPerSample(type: SampleType): number {
  return arrayTypes[type].BYTES_PER_ELEMENT;
}

export function newSamples(type: SampleType, length: number): SampleArray {
  return new arrayTypes[type](length);
}

/** As many samples of the same type, all 0. */
export function emptyLike(samples: SampleArray): SampleArray {
  return new (samples.constructor as SampleArrayType)(samples.length);
}

/** As many samples of the same type at the start of `memory`, with whatever it holds. */
export function samplesIn(memory: ArrayBuffer, samples: SampleArray): SampleArray {
  return new (samples.constructor as SampleArrayType)(memory, 0, samples.length);
}

/** Little-endian bytes seen as samples; copies only when they are not aligned. */
export function samplesFromBytes(type: SampleType, bytes: Uint8Array): SampleArray {
  const size = bytesPerSample(type);
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  return new arrayTypes[type](aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

/** Fills with a number, as the type stores it (NaN in integers is 0). */
export function fillSamples(samples: SampleArray, value: number): void {
  if (samples instanceof BigUint64Array || samples instanceof BigInt64Array) {
    samples.fill(Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);
  } else {
    samples.fill(value);
  }
}
