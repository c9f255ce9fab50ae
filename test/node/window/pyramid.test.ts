import { describe, expect, it } from 'vitest';
import { levelFor, tileRectLevelPx, tilesTouching, type Level } from '../../../src-renderer/raster/pyramid.ts';

const level = (width: number, height: number): Level => ({ width, height, tileWidth: 256, tileHeight: 256 });
const levels = [level(1001, 600), level(501, 300), level(251, 150)];

describe('the level that is drawn', () => {
  it.each([
    ['one scene pixel on one screen pixel', 1, 0],
    ['closer than that', 0.1, 0],
    ['almost half: the coarser one would be blurred', 1.9, 0],
    ['half, although 1001 / 501 is not quite 2', 2, 1],
    ['further away than the coarsest', 50, 2],
  ])('%s', (_, scenePxPerScreenPx, expected) => {
    expect(levelFor(levels, { width: 1001, height: 600 }, scenePxPerScreenPx)).toBe(expected);
  });
});

it('draws a line of pixels, of which every level has the width, from the level of its length', () => {
  const scene = { width: 1, height: 8000 };
  const halves = [8000, 4000, 2000, 1000].map((height) => level(1, height));
  expect([0.5, 1, 2, 5, 99].map((scenePxPerScreenPx) => levelFor(halves, scene, scenePxPerScreenPx))).toEqual([
    0, 0, 1, 2, 3,
  ]);
});

describe('the tiles of a rectangle', () => {
  it('are all that touch it, the middle first, and none outside of the level', () => {
    const tiles = tilesTouching(level(1001, 600), 0, { x: 500, y: 200, width: 5000, height: 100 });
    expect(tiles.map(({ column, row }) => [column, row]).sort()).toEqual(
      [
        [1, 0],
        [2, 0],
        [3, 0],
        [1, 1],
        [2, 1],
        [3, 1],
      ].sort(),
    );
    expect(tiles[0]?.column).toBe(3);
    expect(tilesTouching(level(1001, 600), 0, { x: -300, y: 0, width: 200, height: 100 })).toEqual([]);
  });

  it('are cut off at the edge of the level', () => {
    expect(tileRectLevelPx(level(1001, 600), { level: 0, column: 3, row: 2 })).toEqual({
      x: 768,
      y: 512,
      width: 233,
      height: 88,
    });
  });
});
