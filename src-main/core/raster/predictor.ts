/**
 * Undoes the predictors of TIFF: 2 (horizontal differences of whole samples) and 3 (floating point: differences of
 * bytes, with the bytes of a row sorted by significance). In place where possible.
 */
import type { SampleArray } from '../ports.ts';
import { asUnsigned } from './doubles.ts';

/**
 * `samples` are rows of `rowPixels * stride` values in the machine's byte order; sums wrap. Floats are summed as the
 * integers their bits make, as libtiff does.
 */
export function undoHorizontalDifferences(samples: SampleArray, rowPixels: number, stride: number): void {
  const rowLength = rowPixels * stride;
  const values = asUnsigned(samples);
  if (values instanceof Uint8Array) {
    undoBytes(values, rowLength, stride);
  } else if (values instanceof Uint16Array) {
    undoWords(values, rowLength, stride);
  } else if (values instanceof Uint32Array) {
    undoLongs(values, rowLength, stride);
  } else {
    undoWides(values, rowLength, stride);
  }
}

function undoWords(values: Uint16Array, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= values.length; row += rowLength) {
    for (let index = row + stride; index < row + rowLength; index += 1) {
      values[index] = values[index]! + values[index - stride]!;
    }
  }
}

function undoLongs(values: Uint32Array, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= values.length; row += rowLength) {
    for (let index = row + stride; index < row + rowLength; index += 1) {
      values[index] = values[index]! + values[index - stride]!;
    }
  }
}

function undoWides(values: BigUint64Array, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= values.length; row += rowLength) {
    for (let index = row + stride; index < row + rowLength; index += 1) {
      values[index] = values[index]! + values[index - stride]!;
    }
  }
}

/** The common case with the running sums in registers. */
function undoBytes(samples: Uint8Array, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= samples.length; row += rowLength) {
    const end = row + rowLength;
    if (stride === 1) {
      let sum = 0;
      for (let index = row; index < end; index += 1) {
        sum = (sum + samples[index]!) & 0xff;
        samples[index] = sum;
      }
    } else if (stride === 3) {
      let first = 0;
      let second = 0;
      let third = 0;
      for (let index = row; index < end; index += 3) {
        first = (first + samples[index]!) & 0xff;
        second = (second + samples[index + 1]!) & 0xff;
        third = (third + samples[index + 2]!) & 0xff;
        samples[index] = first;
        samples[index + 1] = second;
        samples[index + 2] = third;
      }
    } else {
      for (let index = row + stride; index < end; index += 1) {
        samples[index] = (samples[index]! + samples[index - stride]!) & 0xff;
      }
    }
  }
}

/** Returns little-endian float bytes; `sampleBytes` is 2, 4 or 8. */
export function undoFloatingPoint(
  bytes: Uint8Array,
  rowPixels: number,
  stride: number,
  sampleBytes: number,
): Uint8Array {
  const values = rowPixels * stride;
  const rowBytes = values * sampleBytes;
  const output = new Uint8Array(bytes.length);
  for (let row = 0; row + rowBytes <= bytes.length; row += rowBytes) {
    for (let index = row + stride; index < row + rowBytes; index += 1) {
      bytes[index] = (bytes[index]! + bytes[index - stride]!) & 0xff;
    }
    for (let plane = 0; plane < sampleBytes; plane += 1) {
      // The first plane holds the most significant bytes.
      let target = row + sampleBytes - 1 - plane;
      const source = row + plane * values;
      for (let value = 0; value < values; value += 1, target += sampleBytes) {
        output[target] = bytes[source + value]!;
      }
    }
  }
  return output;
}
