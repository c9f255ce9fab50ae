import { describe, expect, it } from 'vitest';
import type { Geotransform, Point } from '../../../src-main/contract/geo.ts';
import { affinePieces } from '../../../src-renderer/map/affine-pieces.ts';
import { lonLatFrame, transformBetween } from '../../../src-renderer/map/map-frame.ts';

const screen = { width: 2000, height: 2000 };
const tile = { x: 0, y: 0, width: 256, height: 256 };

function apply([a, b, c, d, e, f]: Geotransform, [x, y]: Point): Point {
  return [a * x + b * y + c, d * x + e * y + f];
}

describe('pieces of a picture under a mapping', () => {
  it('are one when it is affine, also turned and sheared', () => {
    const turned: Geotransform = [0.8, -0.6, 100, 0.7, 0.9, -50];
    const [piece, ...more] = affinePieces(tile, screen, (point) => apply(turned, point));
    expect(more).toEqual([]);
    expect(piece?.rect).toEqual(tile);
    turned.forEach((value, index) => expect(piece?.toScreen[index]).toBeCloseTo(value, 9));
  });

  it('follow a curve to a quarter of a pixel and leave no gap', () => {
    const curve = ([x, y]: Point): Point => [x + (y * y) / 500, y + (x * x) / 800];
    const pieces = affinePieces(tile, screen, curve);
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
    const half = affinePieces(tile, screen, ([x, y]) => (x > 128 ? null : [x, y]));
    expect(half.length).toBeGreaterThan(0);
    expect(half.every(({ rect }) => rect.x + rect.width <= 128)).toBe(true);
    expect(affinePieces(tile, screen, () => null)).toEqual([]);
  });

  it('are few for the part of the Earth that is on the screen, and leave none of it bare', () => {
    const [fromView, toView] = [transformBetween(utm33, lonLatFrame)!, transformBetween(lonLatFrame, utm33)!];
    // A quarter of a degree along a pixel, as global climate data have it.
    const world: Geotransform = [0.25, 0, -180, 0, -0.25, 90];
    for (const unitsPerScreenPx of [0.5, 10, 1000]) {
      let asked = 0;
      const project = (point: Point): Point | null => {
        asked += 1;
        const place = toView(apply(world, point));
        return place === null ? null : onScreen(place, unitsPerScreenPx);
      };
      const pieces = affinePieces({ x: 512, y: 0, width: 512, height: 720 }, screen, project);
      expect(asked).toBeLessThan(50_000);
      for (const sought of [0.02, 0.3, 0.5, 0.9].flatMap((u) => [0.1, 0.6, 0.97].map((v) => [u, v] as const))) {
        const at: Point = [sought[0] * screen.width, sought[1] * screen.height];
        const [lon, lat] = fromView(onMap(at, unitsPerScreenPx))!;
        const pixel: Point = [(lon + 180) / 0.25, (90 - lat) / 0.25];
        const holding = pieces.find(
          ({ rect: { x, y, width, height } }) =>
            pixel[0] >= x && pixel[0] <= x + width && pixel[1] >= y && pixel[1] <= y + height,
        );
        const [x, y] = apply(holding!.toScreen, pixel);
        expect(Math.hypot(x - at[0], y - at[1])).toBeLessThan(1.2);
      }
    }
  });

  it('follow a picture of a single column', () => {
    const curve = ([x, y]: Point): Point => [x * 3 + (y * y) / 4000, y];
    const pieces = affinePieces({ x: 0, y: 0, width: 1, height: 1000 }, screen, curve);
    expect(pieces.reduce((area, { rect }) => area + rect.width * rect.height, 0)).toBe(1000);
  });
});

const utm33 = '+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs';
/** Munich is near. */
const middleMap: Point = [200_000, 5_350_000];

function onScreen([x, y]: Point, unitsPerScreenPx: number): Point {
  return [
    (x - middleMap[0]) / unitsPerScreenPx + screen.width / 2,
    (middleMap[1] - y) / unitsPerScreenPx + screen.height / 2,
  ];
}

function onMap([x, y]: Point, unitsPerScreenPx: number): Point {
  return [
    middleMap[0] + (x - screen.width / 2) * unitsPerScreenPx,
    middleMap[1] - (y - screen.height / 2) * unitsPerScreenPx,
  ];
}
