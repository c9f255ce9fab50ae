import { beforeAll, describe, expect, it } from 'vitest';
import type { Crs, Geotransform } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { planScene } from '../../../src-main/core/scenes/plan-scene.ts';

const frame = { width: 280, height: 280 };
/** Pixels of half a metre. */
const transform: Geotransform = [0.5, 0, 500_000, 0, -0.5, 5_200_000];

let crs: Crs | null;
beforeAll(async () => {
  crs = await crsFromEpsg(32633);
});

function plan(sidePx: number, gsdM: number | null) {
  const view = { windowPx: { x: 0, y: 0, width: sidePx, height: sidePx } };
  return planScene({ crs, transform }, view, frame, { name: 'tiles', gsdM, overlapPx: null });
}

describe('planScene', () => {
  it('takes a ground resolution that is finer than the pixels', () => {
    const { tiles } = plan(1000, 0.05);
    expect(tiles[0]?.windowPx).toEqual({ x: 0, y: 0, width: 28, height: 28 });
  });

  it('refuses one that leaves nothing to see in a tile, and says which one does not', () => {
    expect(() => plan(1000, 0.001)).toThrow(
      expect.objectContaining({
        code: 'INPUT_UNSUPPORTED',
        message:
          '--gsd 0.001 makes tiles of 0.56 pixels of this scene, expected at least 16; give 0.0287 or more, or leave it out to use its pixels',
      }),
    );
    expect(plan(1000, 0.0287).tiles[0]?.windowPx.width).toBe(16);
  });

  it('takes small scenes as they are', () => {
    expect(plan(5, null).tiles).toHaveLength(1);
    expect(plan(5, 0.5).tiles).toHaveLength(1);
  });

  it('refuses more tiles than can be planned, before it plans them', () => {
    expect(() => plan(400_000, null)).toThrow(
      expect.objectContaining({
        code: 'INPUT_TOO_LARGE',
        message: expect.stringMatching(
          /^400000 x 400000 pixels make \d+ tiles of 280 x 280, at most 1000000 /,
        ) as string,
      }),
    );
  });
});
