import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ResizeFilter } from '../../../src-main/core/image/axis-plan.ts';
import { resizeRgb } from '../../../src-main/core/image/resize.ts';
import type { RgbImage } from '../../../src-main/core/ports.ts';
import reference from '../../fixtures/resize_reference.json' with { type: 'json' };

/** The same arithmetic as `formula_image` in test/reference/make_resize_reference.py. */
function formulaImage(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const texture = (x * 37 + y * 101 + c * 59 + x * y * 7 + Math.floor((x * x + y * 3) / 5)) % 256;
        const step = (Math.floor(x / 8) + Math.floor(y / 8) + c) % 2 === 0 ? 255 : 0;
        data[(y * width + x) * 3 + c] = Math.floor(x / 16) % 2 === 0 ? texture : step;
      }
    }
  }
  return { width, height, data };
}

describe('resizeRgb', () => {
  it.each(reference.cases)('has the bits of Pillow: $from to $to, $filter', ({ from, to, filter, sha256 }) => {
    const result = resizeRgb(formulaImage(from[0]!, from[1]!), to[0]!, to[1]!, filter as ResizeFilter);
    expect([result.width, result.height]).toEqual(to);
    expect(createHash('sha256').update(result.data).digest('hex')).toBe(sha256);
  });

  it('does not hand out the pixels of its input', () => {
    const image = formulaImage(4, 4);
    const copy = resizeRgb(image, 4, 4, 'lanczos');
    copy.data[0] = copy.data[0]! ^ 255;
    expect(image.data[0]).not.toBe(copy.data[0]);
  });

  it.each([
    [0, 4],
    [4, 2.5],
  ])('refuses the size %s x %s', (width, height) => {
    expect(() => resizeRgb(formulaImage(4, 4), width, height, 'lanczos')).toThrow(/expected a positive integer/);
  });

  it('refuses data that does not fit the size', () => {
    expect(() => resizeRgb({ width: 2, height: 2, data: new Uint8Array(11) }, 4, 4, 'bilinear')).toThrow(
      /has 11 bytes, expected 12/,
    );
  });
});
