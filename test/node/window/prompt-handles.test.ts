import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src-main/contract/geo.ts';
import type { Prompt } from '../../../src-main/contract/prompt.ts';
import { dragHandle, handleAt } from '../../../src-renderer/map/prompt-handles.ts';

const scene = { width: 100, height: 80 };
const prompt: Prompt = { bbox_2d: [10, 20, 50, 60], positive_points: [[30, 40]], negative_points: [[50, 60]] };
/** Two screen pixels per scene pixel, y up, as on a map that faces north. */
const toScreen = ([x, y]: Point): Point => [2 * x, 200 - 2 * y];

describe('what lies under the pointer', () => {
  it.each<[string, Point, unknown]>([
    ['a point', [61, 121], { kind: 'point', pointKind: 'positive_points', index: 0 }],
    ['a point on a corner, before the corner', [100, 80], { kind: 'point', pointKind: 'negative_points', index: 0 }],
    ['a corner', [20, 160], { kind: 'resize', sideX: -1, sideY: -1 }],
    ['the middle of a side', [20, 120], { kind: 'resize', sideX: -1, sideY: 0 }],
    ['a side between handles', [40, 161], { kind: 'move' }],
    ['the inside of the box, which belongs to the map', [75, 140], null],
    ['nothing', [300, 300], null],
  ])('%s', (_, pointer, expected) => {
    expect(handleAt(prompt, pointer, toScreen, 6)).toEqual(expected);
  });
});

describe('a drag', () => {
  it('moves one point and keeps it on the scene', () => {
    const handle = { kind: 'point', pointKind: 'positive_points', index: 0 } as const;
    expect(dragHandle(prompt, handle, [30, 40], [130, -5], scene).positive_points).toEqual([[100, 0]]);
  });

  it('moves the box as a whole up to the edge of the scene, without changing its size', () => {
    expect(dragHandle(prompt, { kind: 'move' }, [10, 30], [500, 35], scene).bbox_2d).toEqual([60, 25, 100, 65]);
  });

  it('moves only the sides that were taken', () => {
    const top = { kind: 'resize', sideX: 0, sideY: -1 } as const;
    expect(dragHandle(prompt, top, [30, 20], [99, 25], scene).bbox_2d).toEqual([10, 25, 50, 60]);
  });

  it('over the opposite side turns the box inside out', () => {
    const corner = { kind: 'resize', sideX: -1, sideY: -1 } as const;
    expect(dragHandle(prompt, corner, [10, 20], [70, 70], scene).bbox_2d).toEqual([50, 60, 70, 70]);
  });
});
