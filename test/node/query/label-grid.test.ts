import { describe, expect, it } from 'vitest';
import { keepInside, resizeValid } from '../../../src-main/core/query/instance-masks.ts';
import { labelGrid } from '../../../src-main/core/query/label-grid.ts';

const shapeScenePx = { box: null, positivePoints: [], negativePoints: [] };

function instance(number: number, score: number, x: number, y: number, cellPx: number, mask: number[], width: number) {
  return {
    instance: number,
    index: number - 1,
    score,
    mask: Uint8Array.from(mask),
    width,
    height: mask.length / width,
    gridToScene: [cellPx, 0, x, 0, cellPx, y] as const,
    shapeScenePx,
    prompt: {},
  };
}

describe('labelGrid', () => {
  it('places a mask that starts before the window and has cells of two pixels', () => {
    const labels = labelGrid([instance(3, 1, 8, 19, 2, [1, 0, 0, 1], 2)], { x: 9, y: 20, width: 4, height: 3 });
    // Cells cover x 8..10 and 10..12, y 19..21 and 21..23 of the scene.
    expect([...labels]).toEqual([3, 0, 0, 0, 0, 3, 3, 0, 0, 3, 3, 0]);
  });

  it('keeps the better score where instances overlap, in whatever order they come', () => {
    const a = instance(1, 0.9, 0, 0, 1, [1, 1], 2);
    const b = instance(2, 0.5, 1, 0, 1, [1, 1], 2);
    const windowPx = { x: 0, y: 0, width: 3, height: 1 };
    expect([...labelGrid([a, b], windowPx)]).toEqual([1, 1, 2]);
    expect([...labelGrid([b, a], windowPx)]).toEqual([1, 1, 2]);
  });
});

describe('resizeValid', () => {
  it('samples at pixel centres, up and down', () => {
    const valid = Uint8Array.of(1, 0, 0, 1);
    const up = resizeValid(valid, { width: 2, height: 2 }, { width: 4, height: 4 });
    expect([...up]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect([...resizeValid(up, { width: 4, height: 4 }, { width: 2, height: 2 })]).toEqual([...valid]);
  });
});

describe('keepInside', () => {
  it('clears cells whose centre is outside the target', () => {
    const allowed = keepInside(new Uint8Array(9).fill(1), { width: 3, height: 3 }, [2, 0, 10, 0, 2, 20], {
      x: 12,
      y: 0,
      width: 3,
      height: 24,
    });
    // Centres are x 11, 13, 15 and y 21, 23, 25; the target holds x 12..15 and y 0..24.
    expect([...allowed]).toEqual([0, 1, 0, 0, 1, 0, 0, 0, 0]);
  });
});
