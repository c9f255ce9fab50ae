/**
 * Undoes the predictors of TIFF: 2 (horizontal differences of whole samples) and 3 (floating point: differences of
 * bytes, with the bytes of a row sorted by significance).
 */
import type { SampleArray } from '../ports.ts';
import { asUnsigned } from './doubles.ts';
import { reorder } from './reorder.ts';
import { separateBands } from './separate-bands.ts';

/**
 * Sums up the differences in rows of `rowPixels * bandCount` interleaved values in the machine's byte order. Sums wrap; floats are summed
 * as the integers their bits make, as libtiff does. `interleaved` is changed, and may be what comes back.
 *
 * @returns one band after another, as `separateBands` does.
 */
export function undoHorizontalDifferences(interleaved: SampleArray, rowPixels: number, bandCount: number): SampleArray {
  const values = asUnsigned(interleaved);
  const rowLength = rowPixels * bandCount;
  if (values instanceof Uint8Array) {
    if (bandCount === 3) {
      return reorder(interleaved, (from, to) =>
        undoColors(asUnsigned(from) as Uint8Array, asUnsigned(to) as Uint8Array, rowPixels),
      );
    }
    if (bandCount === 4 && values.byteOffset % 4 === 0) {
      undoFourBytes(new Uint32Array(values.buffer, values.byteOffset, values.length / 4), rowPixels);
    } else {
      undoBytes(values, rowLength, bandCount);
    }
  } else if (values instanceof Uint16Array) {
    undoWords(values, rowLength, bandCount);
  } else if (values instanceof Uint32Array) {
    undoLongs(values, rowLength, bandCount);
  } else {
    undoWides(values, rowLength, bandCount);
  }
  return separateBands(interleaved, bandCount);
}

/** The most common scene by far in one pass. */
function undoColors(values: Uint8Array, separate: Uint8Array, rowPixels: number): void {
  if (rowPixels % 4 === 0 && values.byteOffset % 4 === 0) {
    const input = new Uint32Array(values.buffer, values.byteOffset, values.length / 4);
    const output = new Uint32Array(separate.buffer, separate.byteOffset, separate.length / 4);
    undoColorsByWords(input, output, rowPixels / 4);
  } else {
    undoColorsByBytes(values, separate, rowPixels);
  }
}

/** Four pixels `RGBR GBRG BRGB` at a time, first byte lowest; the three sums stand in one number and are kept apart by masks. */
function undoColorsByWords(input: Uint32Array, output: Uint32Array, rowWords: number): void {
  const words = input.length / 3;
  for (let start = 0, source = 0; start < words; start += rowWords) {
    let sum = 0;
    for (let index = start; index < start + rowWords; index += 1, source += 3) {
      const one = input[source]!;
      const two = input[source + 1]!;
      const three = input[source + 2]!;
      const first = sumOfColors(sum, one & 0xffffff);
      const second = sumOfColors(first, (one >>> 24) | ((two << 8) & 0xffff00));
      const third = sumOfColors(second, (two >>> 16) | ((three << 16) & 0xff0000));
      sum = sumOfColors(third, three >>> 8);
      output[index] = (first & 0xff) | ((second & 0xff) << 8) | ((third & 0xff) << 16) | (sum << 24);
      output[words + index] =
        ((first >>> 8) & 0xff) | (second & 0xff00) | ((third & 0xff00) << 8) | ((sum & 0xff00) << 16);
      output[2 * words + index] =
        (first >>> 16) | ((second >>> 8) & 0xff00) | (third & 0xff0000) | ((sum & 0xff0000) << 8);
    }
  }
}

/** Adds byte by byte without carries from one to the next: the top bits are added apart. */
function sumOfColors(left: number, right: number): number {
  return ((left & 0x7f7f7f) + (right & 0x7f7f7f)) ^ ((left ^ right) & 0x808080);
}

function undoColorsByBytes(values: Uint8Array, separate: Uint8Array, rowPixels: number): void {
  const pixels = values.length / 3;
  const [red, green, blue] = [0, 1, 2].map((band) => separate.subarray(band * pixels, (band + 1) * pixels));
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

/** A pixel at a time. */
function undoFourBytes(pixels: Uint32Array, rowPixels: number): void {
  for (let row = 0; row < pixels.length; row += rowPixels) {
    let sum = 0;
    for (let index = row; index < row + rowPixels; index += 1) {
      const difference = pixels[index]!;
      sum = ((sum & 0x7f7f7f7f) + (difference & 0x7f7f7f7f)) ^ ((sum ^ difference) & 0x80808080);
      pixels[index] = sum;
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
