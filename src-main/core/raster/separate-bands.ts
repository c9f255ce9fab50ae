import type { SampleArray } from '../ports.ts';
import { asUnsigned } from './doubles.ts';
import { reorder } from './reorder.ts';

/**
 * Samples `pixel * bandCount + band` (interleaved) as `band * pixelCount + pixel`: one band after another, so that windows are
 * assembled by copying whole rows. A single band is returned as it is; the memory of several is used again or given up.
 */
export function separateBands(interleaved: SampleArray, bandCount: number): SampleArray {
  return bandCount === 1 ? interleaved : reorder(interleaved, (from, to) => separateInto(from, to, bandCount));
}

function separateInto(interleaved: SampleArray, separate: SampleArray, bandCount: number): void {
  const from = asUnsigned(interleaved);
  const to = asUnsigned(separate);
  if (from instanceof Uint8Array) {
    const done = bandCount === 3 || bandCount === 4 ? pickByWords(from, to as Uint8Array, bandCount) : 0;
    pickBytes(from, to as Uint8Array, bandCount, done);
  } else if (from instanceof Uint16Array) {
    pickWords(from, to as Uint16Array, bandCount);
  } else if (from instanceof Uint32Array) {
    pickLongs(from, to as Uint32Array, bandCount);
  } else {
    pickWides(from, to as BigUint64Array, bandCount);
  }
}

/**
 * The most common scenes by far, four pixels at a time: as many words as there are bands become a word of each band.
 *
 * @returns how many pixels were done from the start on; none where bands are not aligned to words.
 */
function pickByWords(from: Uint8Array, to: Uint8Array, bandCount: 3 | 4): number {
  const pixels = from.length / bandCount;
  if (pixels % 4 !== 0 || from.byteOffset % 4 !== 0) {
    return 0;
  }
  const input = new Uint32Array(from.buffer, from.byteOffset, from.length / 4);
  const output = new Uint32Array(to.buffer, to.byteOffset, to.length / 4);
  if (bandCount === 3) {
    pickThree(input, output, pixels / 4);
  } else {
    pickFour(input, output, pixels / 4);
  }
  return pixels;
}

/** `RGBR GBRG BRGB`, first byte lowest. */
function pickThree(input: Uint32Array, output: Uint32Array, words: number): void {
  for (let index = 0, source = 0; index < words; index += 1, source += 3) {
    const first = input[source]!;
    const second = input[source + 1]!;
    const third = input[source + 2]!;
    output[index] = (first & 0xff) | ((first >>> 16) & 0xff00) | (second & 0xff0000) | ((third & 0xff00) << 16);
    output[words + index] =
      ((first >>> 8) & 0xff) | ((second & 0xff) << 8) | ((second >>> 8) & 0xff0000) | ((third & 0xff0000) << 8);
    output[2 * words + index] =
      ((first >>> 16) & 0xff) | (second & 0xff00) | ((third & 0xff) << 16) | (third & 0xff000000);
  }
}

/** `RGBN RGBN RGBN RGBN`: bytes are swapped in pairs, then pairs in words. */
function pickFour(input: Uint32Array, output: Uint32Array, words: number): void {
  for (let index = 0, source = 0; index < words; index += 1, source += 4) {
    const first = input[source]!;
    const second = input[source + 1]!;
    const third = input[source + 2]!;
    const fourth = input[source + 3]!;
    const upperEven = (first & 0xff00ff) | ((second & 0xff00ff) << 8);
    const upperOdd = ((first >>> 8) & 0xff00ff) | (second & 0xff00ff00);
    const lowerEven = (third & 0xff00ff) | ((fourth & 0xff00ff) << 8);
    const lowerOdd = ((third >>> 8) & 0xff00ff) | (fourth & 0xff00ff00);
    output[index] = (upperEven & 0xffff) | (lowerEven << 16);
    output[words + index] = (upperOdd & 0xffff) | (lowerOdd << 16);
    output[2 * words + index] = (upperEven >>> 16) | (lowerEven & 0xffff0000);
    output[3 * words + index] = (upperOdd >>> 16) | (lowerOdd & 0xffff0000);
  }
}

// One loop per size keeps each fast: the engine specialises a loop for the array type it sees.
function pickBytes(from: Uint8Array, to: Uint8Array, bandCount: number, firstPixel: number): void {
  const pixels = from.length / bandCount;
  for (let band = 0; band < bandCount; band += 1) {
    let source = firstPixel * bandCount + band;
    for (let pixel = firstPixel; pixel < pixels; pixel += 1, source += bandCount) {
      to[band * pixels + pixel] = from[source]!;
    }
  }
}

function pickWords(from: Uint16Array, to: Uint16Array, bandCount: number): void {
  const pixels = from.length / bandCount;
  for (let band = 0; band < bandCount; band += 1) {
    for (let pixel = 0, source = band; pixel < pixels; pixel += 1, source += bandCount) {
      to[band * pixels + pixel] = from[source]!;
    }
  }
}

function pickLongs(from: Uint32Array, to: Uint32Array, bandCount: number): void {
  const pixels = from.length / bandCount;
  for (let band = 0; band < bandCount; band += 1) {
    for (let pixel = 0, source = band; pixel < pixels; pixel += 1, source += bandCount) {
      to[band * pixels + pixel] = from[source]!;
    }
  }
}

function pickWides(from: BigUint64Array, to: BigUint64Array, bandCount: number): void {
  const pixels = from.length / bandCount;
  for (let band = 0; band < bandCount; band += 1) {
    for (let pixel = 0, source = band; pixel < pixels; pixel += 1, source += bandCount) {
      to[band * pixels + pixel] = from[source]!;
    }
  }
}
