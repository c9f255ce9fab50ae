import { describe, expect, it } from 'vitest';
import type { WindowPx } from '../../../src-main/contract/geo.ts';
import { TileMerger, type SeenObject } from '../../../src-main/core/scenes/merge-tiles.ts';
import { planTiles, type Tile, type TilePlan } from '../../../src-main/core/scenes/plan-tiles.ts';
import { areaPxOf, boundsOfRuns, clipRuns, type Runs } from '../../../src-main/core/scenes/run-length-mask.ts';
import type { TileInstance } from '../../../src-main/core/scenes/tile-answer.ts';
import { cutSides } from '../../../src-main/core/scenes/tile-edges.ts';

const scenePx: WindowPx = { x: 0, y: 0, width: 400, height: 300 };
/** Tiles of 100 pixels that share 20 with their neighbours. */
const plan = planTiles(scenePx, {
  frame: { width: 100, height: 100 },
  scenePxPerModelPx: [1, 1],
  overlapModelPx: 20,
});

function disc(cx: number, cy: number, radius: number): Runs {
  const runs: number[] = [];
  for (let y = Math.max(0, cy - radius); y < Math.min(scenePx.height, cy + radius); y++) {
    const half = Math.floor(Math.sqrt(radius ** 2 - (y + 0.5 - cy) ** 2));
    const [x0, x1] = [Math.max(0, cx - half), Math.min(scenePx.width, cx + half)];
    if (x1 > x0) {
      runs.push(y, x0, x1);
    }
  }
  return runs;
}

function bar(x: number, y: number, width: number, height: number): Runs {
  return Array.from({ length: height }, (_, row) => [y + row, x, x + width]).flat();
}

/** What a perfect model says of a tile: the part of each object that it sees. */
function seenBy(tile: Tile, objects: readonly Runs[]): TileInstance[] {
  return objects.flatMap((object, index): TileInstance[] => {
    const runs = clipRuns(object, tile.windowPx);
    if (runs.length === 0) {
      return [];
    }
    const { x, y, width, height } = boundsOfRuns(runs);
    const box: [number, number, number, number] = [x, y, x + width, y + height];
    return [
      {
        index,
        boxScenePx: box,
        promptScenePx: { bbox_2d: box },
        score: 0.9,
        runs,
        cutSides: areaPxOf(runs) === areaPxOf(object) ? [] : cutSides(box, runs, tile.windowPx, scenePx),
      },
    ];
  });
}

function merged(objects: readonly Runs[], by: TilePlan = plan): SeenObject[] {
  const merger = new TileMerger(by);
  return Array.from({ length: by.rows }, (_, row) =>
    merger.addRow(
      row,
      by.tiles.filter((tile) => tile.row === row).map((tile) => ({ tile, instances: seenBy(tile, objects) })),
    ),
  ).flat();
}

const sorted = (masks: readonly Runs[]): string[] => masks.map((runs) => JSON.stringify(runs)).sort();

describe('objects across the seams of tiles', () => {
  it.each([
    ['inside one tile', [disc(40, 40, 15)]],
    ['over one seam', [disc(90, 40, 25)]],
    ['over four seams', [disc(90, 90, 30)]],
    ['wider than a tile', [disc(200, 150, 120)]],
    ['along the whole scene', [bar(0, 140, 400, 12)]],
    ['at the edge of the scene', [disc(0, 0, 40), disc(400, 300, 35)]],
    ['beside one another', [disc(85, 40, 14), disc(115, 40, 14), disc(90, 200, 10)]],
    ['that touch in the shared zone', [bar(60, 60, 30, 30), bar(90, 60, 30, 30)]],
  ] as const)('are the objects themselves: %s', (_, objects) => {
    expect(sorted(merged(objects).map(({ runs }) => runs))).toEqual(sorted(objects));
  });

  it('keep a box around all of their parts and the best score', () => {
    const object = bar(60, 60, 60, 60);
    const [instance] = merged([object]);
    expect(instance?.boxScenePx).toEqual([60, 60, 120, 120]);
    expect(instance?.score).toBe(0.9);
  });

  it('say on which sides nobody saw their end', () => {
    const object = bar(60, 60, 60, 60);
    const onlyFirst = new TileMerger(plan);
    const [first] = plan.tiles;
    const cut = Array.from({ length: plan.rows }, (_, row) =>
      onlyFirst.addRow(
        row,
        plan.tiles
          .filter((tile) => tile.row === row)
          .map((tile) => ({ tile, instances: tile === first ? seenBy(tile, [object]) : [] })),
      ),
    ).flat();
    expect(cut).toMatchObject([{ isWhole: false, openSides: ['right', 'bottom'] }]);
    expect(merged([object])).toMatchObject([{ isWhole: false, openSides: [] }]);
    expect(merged([disc(40, 40, 15)])).toMatchObject([{ isWhole: true, openSides: [] }]);
  });

  it('come out one after another, each as soon as no later row can reach the tiles that saw it', () => {
    const objects = [disc(40, 30, 10), disc(40, 250, 10)];
    const merger = new TileMerger(plan);
    const perRow = Array.from(
      { length: plan.rows },
      (_, row) =>
        merger.addRow(
          row,
          plan.tiles.filter((tile) => tile.row === row).map((tile) => ({ tile, instances: seenBy(tile, objects) })),
        ).length,
    );
    expect(perRow.slice(0, 2)).toEqual([0, 1]);
    expect(perRow.reduce((sum, count) => sum + count)).toBe(2);
  });

  it('are the same for every size of the overlap', () => {
    const objects = [disc(90, 90, 30), disc(200, 150, 80), bar(10, 250, 380, 9)];
    for (const overlapModelPx of [10, 25, 50]) {
      const other = planTiles(scenePx, {
        frame: { width: 100, height: 100 },
        scenePxPerModelPx: [1, 1],
        overlapModelPx,
      });
      expect(sorted(merged(objects, other).map(({ runs }) => runs))).toEqual(sorted(objects));
    }
  });
});

describe('the plan of tiles', () => {
  it('covers all that was asked about with tiles of one size', () => {
    const covered = new Uint8Array(scenePx.width * scenePx.height);
    for (const { windowPx } of plan.tiles) {
      expect([windowPx.width, windowPx.height]).toEqual([100, 100]);
      for (let y = windowPx.y; y < windowPx.y + windowPx.height; y++) {
        covered.fill(1, y * scenePx.width + windowPx.x, y * scenePx.width + windowPx.x + windowPx.width);
      }
    }
    expect(covered.every((pixel) => pixel === 1)).toBe(true);
  });
});
