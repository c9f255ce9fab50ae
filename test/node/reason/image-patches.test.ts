import { readFileSync } from 'node:fs';
import { decode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { resizeRgb } from '../../../src-main/core/image/resize.ts';
import type { RgbImage } from '../../../src-main/core/ports.ts';
import { assertFrameFits, imagePatches } from '../../../src-main/core/reason/image-patches.ts';
import type { ImageProcessing } from '../../../src-main/core/reason/lvlm-config.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

const published: ImageProcessing = {
  patchSize: 14,
  temporalPatchSize: 2,
  mergeSize: 2,
  minPixels: 3136,
  maxPixels: 12845056,
  rescaleFactor: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

function readJpeg(path: string): RgbImage {
  const { width, height, data } = decode(readFileSync(path), { useTArray: true, formatAsRGBA: false });
  return { width, height, data };
}

describe('imagePatches', () => {
  it.skipIf(sharedDataMissing !== null)('gives the published pixel values of a photograph', () => {
    const photograph = readJpeg(sharedPath('data/qwen25/australia.jpg'));
    expect([photograph.width, photograph.height]).toEqual([1300, 876]);
    // The nearest multiples of 28, as the published processor chooses them.
    const { values } = imagePatches(resizeRgb(photograph, 1288, 868, 'bicubic'), published);
    const expected = readFileSync(sharedPath('data/qwen25/pixel_values_reference.txt'), 'utf8')
      .trim()
      .split('\n')
      .map(Number);
    expect(expected).toHaveLength(1000);
    const error = expected.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0) / expected.length;
    expect(error).toBeLessThanOrEqual(1e-3);
  });

  it('orders patches cell by cell, inside a patch by channel, time, row', () => {
    const width = 56;
    const height = 28;
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      data[i * 3] = Math.floor((i % width) / 14) * 10 + Math.floor(i / width / 14);
      data[i * 3 + 1] = i % 14;
    }
    const identity = { ...published, minPixels: 1, rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] };
    const { values, patchLength, rows, columns } = imagePatches({ width, height, data }, identity);
    expect([rows, columns, patchLength]).toEqual([2, 4, 1176]);
    const firstOfPatch = Array.from({ length: 8 }, (_, patch) => values[patch * patchLength]);
    expect(firstOfPatch).toEqual([0, 10, 1, 11, 20, 30, 21, 31]);
    const green = values.subarray(2 * 196, 3 * 196);
    expect([...green.subarray(0, 15)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0]);
    expect(values.subarray(3 * 196, 4 * 196)).toEqual(green);
  });

  it.each([
    [850, 840, /850 x 840, expected multiples of 28/],
    [28, 28, /784 pixels, expected 3136 to 12845056/],
    [5600, 5600, /31360000 pixels/],
  ])('refuses a frame that the processor would resize: %i x %i', (width, height, message) => {
    expect(() => assertFrameFits(width, height, published)).toThrow(message);
  });
});
