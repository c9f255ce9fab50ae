import type { WindowPx } from '../../contract/geo.ts';
import type { PolygonRings } from '../ports.ts';

/**
 * Draws shapes onto the pixels of a window: a pixel belongs to a shape when its centre does (even-odd rule). A later shape covers an
 * earlier one.
 *
 * @param shapesScenePx in pixels of the scene; shape `i` becomes the number `i + 1`.
 * @returns `height * width`, 0 = none.
 */
export function burnShapes(shapesScenePx: readonly (readonly PolygonRings[])[], windowPx: WindowPx): Uint16Array {
  const labels = new Uint16Array(windowPx.width * windowPx.height);
  shapesScenePx.forEach((shape, index) => {
    for (const { rings } of shape) {
      burnPolygon(rings, windowPx, index + 1, labels);
    }
  });
  return labels;
}

/** Scan lines through the centres of pixel rows. */
function burnPolygon(rings: readonly Float64Array[], windowPx: WindowPx, label: number, labels: Uint16Array): void {
  const crossings = new Map<number, number[]>();
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      const [x0, y0] = [ring[i]! - windowPx.x, ring[i + 1]! - windowPx.y];
      const [x1, y1] = [ring[next]! - windowPx.x, ring[next + 1]! - windowPx.y];
      // Rows whose centre lies in [min, max): a vertex on a centre counts for one of its two edges.
      const first = Math.max(0, Math.ceil(Math.min(y0, y1) - 0.5));
      const last = Math.min(windowPx.height, Math.ceil(Math.max(y0, y1) - 0.5));
      for (let row = first; row < last; row++) {
        const x = x0 + ((row + 0.5 - y0) * (x1 - x0)) / (y1 - y0);
        const found = crossings.get(row);
        if (found === undefined) {
          crossings.set(row, [x]);
        } else {
          found.push(x);
        }
      }
    }
  }
  for (const [row, xs] of crossings) {
    xs.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < xs.length; pair += 2) {
      const from = Math.max(0, Math.ceil(xs[pair]! - 0.5));
      const to = Math.min(windowPx.width, Math.ceil(xs[pair + 1]! - 0.5));
      if (to > from) {
        labels.fill(label, row * windowPx.width + from, row * windowPx.width + to);
      }
    }
  }
}
