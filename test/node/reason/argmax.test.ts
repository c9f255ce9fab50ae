import { describe, expect, it } from 'vitest';
import { argmax } from '../../../src-main/core/reason/argmax.ts';

describe('argmax', () => {
  it.each([1, 2, 15, 16, 17, 63, 64, 22_005, 151_936])(
    'finds the largest of %s numbers wherever it stands',
    (length) => {
      for (const at of new Set([0, length >> 1, length - 2, length - 1].filter((index) => index >= 0))) {
        const values = Float32Array.from({ length }, (_, index) => -1 - ((index * 7919) % 1000) / 8);
        values[at] = -0.5;
        expect(argmax(values)).toBe(at);
      }
    },
  );

  it('takes the first of equals and none beside a NaN, also after a longer list', () => {
    argmax(new Float32Array(500).fill(9));
    expect(argmax(Float32Array.of(1, 3, 2, 3))).toBe(1);
    expect(argmax(Float32Array.of(1, 3, NaN, 2))).toBe(-1);
    expect(argmax(Float32Array.of(-Infinity, -Infinity))).toBe(0);
    expect(argmax(new Float32Array(20).fill(NaN))).toBe(-1);
  });
});
