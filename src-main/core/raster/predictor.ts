/**
 * Undoes the predictors of TIFF: 2 (horizontal differences of whole samples) and 3 (floating point: differences of
 * bytes, with the bytes of a row sorted by significance).
 */
import type { SampleArray } from '../ports.ts';
import { asUnsigned } from './doubles.ts';
import { emptyLike } from './samples.ts';
import { separateBands } from './separate-bands.ts';

/**
 * Sums up the differences in rows of `rowPixels * bandCount` interleaved values in the machine's byte order. Sums wrap; floats are summed
 * as the integers their bits make, as libtiff does. `interleaved` is changed.
 *
 * @returns one band after another, as `separateBands` does.
 */
export function undoHorizontalDifferences(interleaved: SampleArray, rowPixels: number, bandCount: number): SampleArray {
  const values = asUnsigned(interleaved);
  const rowLength = rowPixels * bandCount;
  if (values instanceof Uint8Array) {
    if (bandCount === 3) {
      return undoColors(values, rowPixels, emptyLike(interleaved));
    }
    undoBytes(values, rowLength, bandCount);
  } else if (values instanceof Uint16Array) {
    undoWords(values, rowLength, bandCount);
  } else if (values instanceof Uint32Array) {
    undoLongs(values, rowLength, bandCount);
  } else {
    undoWides(values, rowLength, bandCount);
  }
  return separateBands(interleaved, bandCount);
}

/** The most common scene by far in one pass, with the sums in registers. */
function undoColors(values: Uint8Array, rowPixels: number, separate: SampleArray): SampleArray {
  const output = asUnsigned(separate) as Uint8Array;
  const pixels = values.length / 3;
  const [red, green, blue] = [0, 1, 2].map((band) => output.subarray(band * pixels, (band + 1) * pixels));
  for (let start = 0, source = 0; start < pixels; start += rowPixels) {
    let first = 0;
    let second = 0;
    let third = 0;
    for (let pixel = start; pixel < start + rowPixels; pixel += 1, source += 3) {
      first = (first + values[source]!) & 0xff;
      second = (second + values[source + 1]!) & 0xff;
      third = (third + values[source + 2]!) & 0xff;
      red![pixel] = first;
      green![pixel] = second;
      blue![pixel] = third;
    }
  }
  return separate;
}

// One loop per size keeps each fast: the engine specialises a loop for the array type it sees.
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

function undoBytes(values: Uint8Array, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= values.length; row += rowLength) {
    for (let index = row + stride; index < row + rowLength; index += 1) {
      values[index] = (values[index]! + values[index - stride]!) & 0xff;
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
