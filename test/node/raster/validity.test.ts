import { describe, expect, it } from 'vitest';
import { validPixels, validSamples } from '../../../src-main/core/raster/validity.ts';

/** By the definition, sample by sample. */
const counts = (samples: ArrayLike<number>, nodata: number | null): number[] =>
  Array.from(samples, (value) => (value === nodata || Number.isNaN(value) ? 0 : 1));

describe('samples that count', () => {
  it.each([
    ['bytes, none of them', Uint8Array.of(0, 0, 0, 0, 0, 0, 0), 0],
    ['bytes, all of them', Uint8Array.of(9, 9, 9, 9, 9), 0],
    ['bytes, all but the last', Uint8Array.of(0, 0, 0, 0, 7), 0],
    ['bytes, all but the first', Uint8Array.of(7, 0, 0, 0, 0), 0],
    ['one byte', Uint8Array.of(0), 0],
    ['a part of larger memory', Uint8Array.of(1, 0, 0, 0, 0, 1).subarray(1, 5), 0],
    ['16 bits whose bytes are equal', Uint16Array.of(0x0101, 0x0101, 0x0101), 0x0101],
    ['16 bits, one different', Int16Array.of(-9999, -9999, -9998), -9999],
    ['floats without a number', Float32Array.of(Number.NaN, Number.NaN), null],
    ['floats, none of them', Float32Array.of(-9999, -9999), -9999],
    ['zeros of either sign', Float64Array.of(0, -0, 0), 0],
  ])('%s', (_, samples, nodata) => {
    expect([...(validSamples(samples, nodata) ?? [])]).toEqual(counts(samples, nodata));
  });

  it('are unknown to integers without a nodata value, none in nothing', () => {
    expect(validSamples(Uint8Array.of(0, 1), null)).toBeNull();
    expect(validSamples(new Uint8Array(0), 0)).toEqual(new Uint8Array(0));
  });
});

describe('pixels that count', () => {
  it('do so by any of their bands, under a mask', () => {
    const bands = [Uint8Array.of(1, 0, 0, 0, 1, 0, 1), Uint8Array.of(9, 0, 1, 0, 0, 0, 1, 1).subarray(1)];
    expect([...validPixels(bands, null, 7)]).toEqual([1, 1, 0, 0, 1, 1, 1]);
    expect([...validPixels(bands, Uint8Array.of(1, 1, 1, 1, 0, 1, 0), 7)]).toEqual([1, 1, 0, 0, 0, 1, 0]);
    expect([...validPixels([...bands, null], null, 7)]).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});
