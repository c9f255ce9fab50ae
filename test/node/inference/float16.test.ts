import { describe, expect, test } from 'vitest';

import { float16ToFloat32, float32ToFloat16 } from '../../../src-main/core/inference/float16.ts';

const everyPattern = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const everyValue = float16ToFloat32(everyPattern);

describe('float16', () => {
  test('has the values that IEEE 754 names', () => {
    const named: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, (1023 / 1024) * 2 ** -14],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65_504],
      [0x7c00, Infinity],
      [0xfc00, -Infinity],
    ];
    for (const [bits, value] of named) {
      expect(everyValue[bits]).toBe(value);
    }
    expect(Object.is(everyValue[0x8000], -0)).toBe(true);
    expect(everyValue[0x7e00]).toBeNaN();
  });

  test('keeps every value through both directions', () => {
    const back = float32ToFloat16(everyValue);
    for (let bits = 0; bits < 65_536; bits++) {
      const isNaNPattern = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
      if (!isNaNPattern && back[bits] !== bits) {
        expect.fail(`${bits.toString(16)} came back as ${back[bits]!.toString(16)}`);
      }
      if (isNaNPattern && !Number.isNaN(float16ToFloat32(Uint16Array.of(back[bits]!))[0])) {
        expect.fail(`NaN ${bits.toString(16)} became a number`);
      }
    }
  });

  test('rounds to the nearest neighbour, ties to the even one, all positive values', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = everyValue[bits]!;
      const high = everyValue[bits + 1]!;
      const middle = Math.fround((low + high) / 2);
      const even = bits % 2 === 0 ? bits : bits + 1;
      const below = Math.fround(middle - (high - low) / 64);
      const above = Math.fround(middle + (high - low) / 64);
      const got = float32ToFloat16(Float32Array.of(middle, below, above, -middle));
      if (got[0] !== even || got[1] !== bits || got[2] !== bits + 1 || got[3] !== (even | 0x8000)) {
        expect.fail(`around ${middle}: ${[...got].map((value) => value.toString(16)).join(' ')}`);
      }
    }
  });

  test('overflows to infinity from 65520 on', () => {
    const got = float32ToFloat16(Float32Array.of(65_519.996, 65_520, 1e30, -65_520, NaN));
    expect([...got]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00, 0x7e00]);
  });

  test('underflows to a signed zero', () => {
    expect([...float32ToFloat16(Float32Array.of(2 ** -25, -(2 ** -26), 2 ** -25 * 1.001, 1e-45))]).toEqual([
      0, 0x8000, 1, 0,
    ]);
  });
});
