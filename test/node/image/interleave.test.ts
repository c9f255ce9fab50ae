import { expect, it } from 'vitest';
import { interleaveRgb } from '../../../src-main/core/image/interleave.ts';

it.each([1, 15, 16, 17, 1000, 65_536, 200_001])(
  'puts the samples of %s pixels side by side, invalid ones black',
  (pixels) => {
    const band = (factor: number): Uint8Array => Uint8Array.from({ length: pixels }, (_, at) => (at * factor) >> 3);
    const [red, green, blue] = [band(37), band(101), band(59)];
    const valid = Uint8Array.from({ length: pixels }, (_, at) => (at % 7 === 3 ? 0 : 1));
    const expected = Uint8Array.from({ length: pixels * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return valid[pixel]! * [red, green, blue][at % 3]![pixel]!;
    });
    expect(Buffer.compare(interleaveRgb([red, green, blue], valid), expected)).toBe(0);
  },
);
