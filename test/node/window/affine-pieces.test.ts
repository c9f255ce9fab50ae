import { describe, expect, it } from 'vitest';
import type { Geotransform, Point } from '../../../src-main/contract/geo.ts';
import { affinePieces } from '../../../src-renderer/map/affine-pieces.ts';

const tile = { x: 0, y: 0, width: 256, height: 256 };

function apply([a, b, c, d, e, f]: Geotransform, [x, y]: Point): Point {
  return [a * x + b * y + c, d * x + e * y + f];
}

describe('pieces of a picture under a mapping', () => {
  it('are one when it is affine, also turned and sheared', () => {
    const turned: Geotransform = [0.8, -0.6, 100, 0.7, 0.9, -50];
    const [piece, ...more] = affinePieces(tile, (point) => apply(turned, point));
    expect(more).toEqual([]);
    expect(piece?.rect).toEqual(tile);
    turned.forEach((value, index) => expect(piece?.toScreen[index]).toBeCloseTo(value, 9));
  });

  it('follow a curve to a quarter of a pixel and leave no gap', () => {
    const curve = ([x, y]: Point): Point => [x + (y * y) / 500, y + (x * x) / 800];
    const pieces = affinePieces(tile, curve);
    expect(pieces.length).toBeGreaterThan(4);
    expect(pieces.reduce((area, { rect }) => area + rect.width * rect.height, 0)).toBe(256 * 256);
    for (const { rect, toScreen } of pieces) {
      for (const [u, v] of [
        [0, 0],
        [1, 1],
        [0.5, 0.5],
        [0.3, 0.8],
      ] as const) {
        const point: Point = [rect.x + u * rect.width, rect.y + v * rect.height];
        const [exactX, exactY] = curve(point);
        const [x, y] = apply(toScreen, point);
        expect(Math.hypot(x - exactX, y - exactY)).toBeLessThan(0.3);
      }
    }
  });

  it('leave out what the mapping does not know', () => {
    const half = affinePieces(tile, ([x, y]) => (x > 128 ? null : [x, y]));
    expect(half.length).toBeGreaterThan(0);
    expect(half.every(({ rect }) => rect.x + rect.width <= 128)).toBe(true);
    expect(affinePieces(tile, () => null)).toEqual([]);
  });
});
