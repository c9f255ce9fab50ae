/** Draws instances onto the pixel grid of the window, for the mask GeoTIFF. */
import type { WindowPx } from '../../contract/geo.ts';
import type { PlacedMask } from './instance-masks.ts';

/**
 * Instance numbers (1-based, 0 = none) on the full-resolution pixels of the window, row-major `height * width`.
 * A pixel takes the mask value at its centre; where instances overlap the one with the better score stays.
 */
export function labelGrid(instances: readonly (PlacedMask & { instance: number })[], windowPx: WindowPx): Uint16Array {
  const labels = new Uint16Array(windowPx.width * windowPx.height);
  const byScore = [...instances].sort((a, b) => a.score - b.score);
  for (const { mask, width, height, gridToScene, instance } of byScore) {
    const [cellX, , originX, , cellY, originY] = gridToScene;
    const x0 = Math.max(0, Math.floor(originX - windowPx.x));
    const y0 = Math.max(0, Math.floor(originY - windowPx.y));
    const x1 = Math.min(windowPx.width, Math.ceil(originX + width * cellX - windowPx.x));
    const y1 = Math.min(windowPx.height, Math.ceil(originY + height * cellY - windowPx.y));
    for (let y = y0; y < y1; y++) {
      const maskY = Math.floor((y + 0.5 + windowPx.y - originY) / cellY);
      if (maskY < 0 || maskY >= height) {
        continue;
      }
      for (let x = x0; x < x1; x++) {
        const maskX = Math.floor((x + 0.5 + windowPx.x - originX) / cellX);
        if (maskX >= 0 && maskX < width && mask[maskY * width + maskX] === 1) {
          labels[y * windowPx.width + x] = instance;
        }
      }
    }
  }
  return labels;
}
