/** What the segment step hands to the outline step, whatever image the segmenter saw. */
import type { Geotransform, WindowPx } from '../../contract/geo.ts';
import type { ClippedPrompt } from './prompt-frames.ts';

/** A mask with the prompt that made it. */
export interface PlacedMask extends ClippedPrompt {
  /** `height * width`, 1 = target and valid. */
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixel of the mask to pixel of the scene. */
  readonly gridToScene: Geotransform;
  readonly score: number;
}

/** Clears mask pixels where the raster has no valid sample. Both have `height * width` elements. */
export function keepValid(mask: Uint8Array, valid: Uint8Array): Uint8Array {
  const maskWords = wordsOf(mask);
  const validWords = wordsOf(valid);
  const words = Math.min(maskWords.length, validWords.length);
  for (let index = 0; index < words; index++) {
    maskWords[index] = maskWords[index]! & validWords[index]!;
  }
  for (let index = words * 4; index < mask.length; index++) {
    mask[index] = mask[index]! & valid[index]!;
  }
  return mask;
}

/** The same bytes four at a time, without the last odd ones; none where they do not start on a word. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes;
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : new Uint32Array(0);
}

/**
 * Clears grid cells whose centre lies outside the target: a crop may show what the user did not ask about.
 *
 * @param allowed `height * width`, changed in place.
 */
export function keepInside(
  allowed: Uint8Array,
  grid: { width: number; height: number },
  gridToScene: Geotransform,
  targetPx: WindowPx,
): Uint8Array {
  const [cellX, , originX, , cellY, originY] = gridToScene;
  const columns = cellsInside(grid.width, originX, cellX, targetPx.x, targetPx.width);
  const rows = cellsInside(grid.height, originY, cellY, targetPx.y, targetPx.height);
  for (let y = 0; y < grid.height; y++) {
    const start = y * grid.width;
    const isInside = y >= rows.from && y < rows.to;
    allowed.fill(0, start, start + (isInside ? columns.from : grid.width));
    allowed.fill(0, start + columns.to, start + grid.width);
  }
  return allowed;
}

/** The cells `from..to` of one axis whose centres lie in a span of the scene. */
function cellsInside(
  count: number,
  origin: number,
  cell: number,
  spanStart: number,
  spanLength: number,
): { from: number; to: number } {
  const firstFrom = (edge: number): number => Math.min(count, Math.max(0, Math.ceil((edge - origin) / cell - 0.5)));
  return { from: firstFrom(spanStart), to: firstFrom(spanStart + spanLength) };
}

/** Nearest-neighbour resize of a 0/1 array, sampling at pixel centres. */
export function resizeValid(
  valid: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Uint8Array {
  const resized = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const fromRow = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x++) {
      resized[y * to.width + x] = valid[fromRow + Math.floor(((x + 0.5) * from.width) / to.width)]!;
    }
  }
  return resized;
}
