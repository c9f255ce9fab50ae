/** Tiles with nothing to see: asking a model about them costs time and invites inventions. Pure. */
import type { RgbImage } from '../ports.ts';

export type SkipReason = 'nodata' | 'uniform' | 'white';

/** Clouds and glare: all three colours above this. */
const whiteLevel = 240;
const whiteShare = 0.99;

/**
 * Why a tile need not be asked about; null when it should be.
 *
 * @param valid one entry a pixel, 1 = has data.
 */
export function skipReason({ data }: RgbImage, valid: Uint8Array): SkipReason | null {
  let validCount = 0;
  let whiteCount = 0;
  let isUniform = true;
  let first = -1;
  for (let pixel = 0; pixel < valid.length; pixel++) {
    if (valid[pixel] !== 1) {
      continue;
    }
    validCount++;
    const red = data[pixel * 3]!;
    const green = data[pixel * 3 + 1]!;
    const blue = data[pixel * 3 + 2]!;
    const colour = (red << 16) | (green << 8) | blue;
    first = first < 0 ? colour : first;
    isUniform &&= colour === first;
    whiteCount += red > whiteLevel && green > whiteLevel && blue > whiteLevel ? 1 : 0;
  }
  if (validCount === 0) {
    return 'nodata';
  }
  if (isUniform) {
    return 'uniform';
  }
  return whiteCount >= whiteShare * validCount ? 'white' : null;
}
