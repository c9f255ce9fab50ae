import { expect, it } from 'vitest';
import { maskFromLogits } from '../../../src-main/core/segment/mask-logits.ts';

/** The definition of a bilinear resize with pixel centres at half positions, pixel by pixel. */
function sampled(data: Float32Array, width: number, height: number, outWidth: number, outHeight: number): number[] {
  const at = (x: number, y: number): number => data[y * width + x]!;
  const result: number[] = [];
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const x = Math.max(0, ((column + 0.5) * width) / outWidth - 0.5);
      const y = Math.max(0, ((row + 0.5) * height) / outHeight - 0.5);
      const [x0, y0] = [Math.floor(x), Math.floor(y)];
      const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
      const above = at(x0, y0) * (1 - (x - x0)) + at(x1, y0) * (x - x0);
      const below = at(x0, y1) * (1 - (x - x0)) + at(x1, y1) * (x - x0);
      result.push(above * (1 - (y - y0)) + below * (y - y0));
    }
  }
  return result;
}

it.each([
  [16, 16, 61, 43],
  [16, 16, 16, 16],
  [32, 24, 7, 90],
  [5, 4, 300, 2],
  [1, 1, 9, 3],
])('thresholds the bilinear resize from %i x %i to %i x %i', (width, height, outWidth, outHeight) => {
  let state = 3;
  // Mostly negative logits with few positive ones, also on edges and corners: what is skipped must be 0.
  for (let round = 0; round < 20; round++) {
    const data = Float32Array.from({ length: width * height }, () => {
      state = (state * 1664525 + 1013904223) % 2 ** 32;
      return state / 2 ** 32 - 0.9 + (round % 4) * 0.2;
    });
    const mask = maskFromLogits({ data, width, height }, outWidth, outHeight);
    const logits = sampled(data, width, height, outWidth, outHeight);
    const wrong = logits.filter((logit, i) => Math.abs(logit) > 1e-6 && mask?.[i] !== (logit > 0 ? 1 : 0));
    expect(wrong).toEqual([]);
  }
});

it('gives an empty mask where no logit is positive', () => {
  const data = new Float32Array(64).fill(-3);
  expect(maskFromLogits({ data, width: 8, height: 8 }, 100, 50)).toEqual(new Uint8Array(100 * 50));
});

it.each([NaN, Infinity, -Infinity])('gives no mask where a logit is %d', (value) => {
  const data = new Float32Array(64).fill(3);
  data[20] = value;
  expect(maskFromLogits({ data, width: 8, height: 8 }, 100, 50)).toBe(null);
});
