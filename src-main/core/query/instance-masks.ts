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
  for (let index = 0; index < mask.length; index++) {
    mask[index] = mask[index]! & valid[index]!;
  }
  return mask;
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
  for (let y = 0; y < grid.height; y++) {
    const sceneY = originY + (y + 0.5) * cellY;
    const rowInside = sceneY >= targetPx.y && sceneY < targetPx.y + targetPx.height;
    for (let x = 0; x < grid.width; x++) {
      const sceneX = originX + (x + 0.5) * cellX;
      if (!rowInside || sceneX < targetPx.x || sceneX >= targetPx.x + targetPx.width) {
        allowed[y * grid.width + x] = 0;
      }
    }
  }
  return allowed;
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
