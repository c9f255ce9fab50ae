import { describe, expect, it } from 'vitest';
import type { WindowPx } from '../../../src-main/contract/geo.ts';
import { clipRuns, type Runs } from '../../../src-main/core/scenes/run-length-mask.ts';
import { SceneObjects, type SceneObject } from '../../../src-main/core/scenes/scene-objects.ts';
import type { Box, Side } from '../../../src-main/core/scenes/tile-edges.ts';
import { wholeObject } from '../../../src-main/core/scenes/whole-object.ts';

const scenePx: WindowPx = { x: 0, y: 0, width: 4000, height: 3000 };

function bar(x: number, y: number, width: number, height: number): Runs {
  return Array.from({ length: height }, (_, row) => [y + row, x, x + width]).flat();
}

function inBox(runs: Runs, [x0, y0, x1, y1]: Box): number[] {
  const [x, y] = [Math.round(x0), Math.round(y0)];
  return clipRuns(runs, { x, y, width: Math.round(x1) - x, height: Math.round(y1) - y });
}

/** A segmenter that knows one object, and sees of it what lies in the box. */
function segmenterOf(object: Runs): { boxes: Box[]; segment: (box: Box) => Promise<{ runs: Runs; score: number }> } {
  const boxes: Box[] = [];
  return {
    boxes,
    segment: (box) => {
      boxes.push(box);
      return Promise.resolve({ runs: inBox(object, box), score: 0.8 });
    },
  };
}

function cutTo(object: Runs, box: Box, openSides: readonly Side[]) {
  return { runs: inBox(object, box), boxScenePx: box, openSides };
}

describe('an object that a tile cut off', () => {
  it.each<[string, Runs, Box, Side[]]>([
    ['at one side', bar(900, 500, 300, 80), [900, 500, 1000, 580], ['right']],
    ['at two sides, in a corner', bar(900, 900, 300, 300), [900, 900, 1000, 1000], ['right', 'bottom']],
    ['so that a pixel is left', bar(999, 500, 400, 80), [999, 500, 1000, 580], ['right']],
    ['in the middle, and is longer than four tiles', bar(50, 500, 3900, 40), [2000, 500, 3000, 540], ['left', 'right']],
    ['and that ends at the edge of the scene', bar(3900, 2900, 100, 100), [3900, 2900, 3950, 3000], ['right']],
  ])('becomes whole: %s', async (_, object, seen, openSides) => {
    const { segment, boxes } = segmenterOf(object);
    const whole = await wholeObject(cutTo(object, seen, openSides), scenePx, segment);
    expect(whole?.runs).toEqual(object);
    expect(boxes.length).toBeLessThanOrEqual(11);
    for (const [x0, y0, x1, y1] of boxes) {
      expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(0);
      expect(x1).toBeLessThanOrEqual(scenePx.width);
      expect(y1).toBeLessThanOrEqual(scenePx.height);
    }
  });

  it('is segmented once when its tiles together saw where it ends', async () => {
    const object = bar(900, 500, 300, 80);
    const { segment, boxes } = segmenterOf(object);
    const whole = await wholeObject(cutTo(object, [900, 500, 1200, 580], []), scenePx, segment);
    expect(whole).toEqual({ runs: object, score: 0.8, boxScenePx: [900, 500, 1200, 580] });
    expect(boxes).toHaveLength(1);
  });

  it('stays as it is when the segmenter sees nothing, another object, or no end', async () => {
    const object = bar(900, 500, 300, 80);
    const cut = cutTo(object, [900, 500, 1000, 580], ['right']);
    const answers = [[], bar(1010, 500, 20, 20)];
    for (const runs of answers) {
      expect(await wholeObject(cut, scenePx, () => Promise.resolve({ runs, score: 1 }))).toBeNull();
    }
    const endless: WindowPx = { x: 0, y: 0, width: 10_000_000, height: 3000 };
    const strip = (box: Box): Runs => bar(Math.round(box[0]), 500, Math.round(box[2] - box[0]), 80);
    expect(await wholeObject(cut, endless, (box) => Promise.resolve({ runs: strip(box), score: 1 }))).toBeNull();
  });
});

describe('objects on their way out', () => {
  const objectOf = (runs: Runs, origin: SceneObject['origin']): SceneObject => ({
    runs,
    origin,
    score: 0.5,
    promptScenePx: { bbox_2d: [0, 0, 1, 1] },
    boxScenePx: [0, 0, 1, 1],
  });
  const seen = objectOf(bar(0, 0, 100, 100), 'seen');
  const completed = objectOf(bar(10, 0, 110, 100), 'completed');

  it('are one where an object made whole is one that a tile saw, whichever came first', () => {
    for (const order of [
      [seen, completed],
      [completed, seen],
    ]) {
      const objects = new SceneObjects(0);
      expect(order.map((object) => objects.add(object))).toEqual([true, false]);
      expect(objects.release(Infinity)).toEqual([seen]);
    }
  });

  it('stay two where tiles saw two, or one is a small part of another', () => {
    const objects = new SceneObjects(0);
    const pond = objectOf(bar(40, 40, 10, 10), 'seen');
    const also = objectOf(bar(5, 0, 100, 100), 'seen');
    const lake = objectOf(bar(0, 0, 300, 300), 'completed');
    expect([seen, pond, also, lake].map((object) => objects.add(object))).toEqual([true, true, true, true]);
  });

  it('wait until nothing that comes can reach them', () => {
    const objects = new SceneObjects(50);
    objects.add(seen);
    expect(objects.release(149)).toEqual([]);
    expect(objects.release(150)).toEqual([seen]);
    expect(objects.release(Infinity)).toEqual([]);
  });
});
