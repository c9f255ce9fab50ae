import { beforeAll, describe, expect, it } from 'vitest';
import type { Crs, Geotransform } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import type { PlacedMask } from '../../../src-main/core/query/instance-masks.ts';
import { outlineInstances, type OutlineOptions } from '../../../src-main/core/query/outline.ts';

/** Metres on the ground are nearly metres on the map here. */
const utm: Geotransform = [1, 0, 500_000, 0, -1, 5_200_000];
/** A large part with a small one at its corner, and a small one by itself. */
const rows = ['####....', '####....', '####....', '####....', '....#...', '........', '.......#'];

let crs: Crs;
beforeAll(async () => {
  crs = await crsFromEpsg(32633);
});

function placed(): PlacedMask {
  return {
    mask: Uint8Array.from(rows.join(''), (letter) => (letter === '#' ? 1 : 0)),
    width: 8,
    height: rows.length,
    gridToScene: [1, 0, 0, 0, 1, 0],
    score: 1,
    prompt: { bbox_2d: [0, 0, 8, 7] },
    shapeScenePx: { box: [0, 0, 8, 7], positivePoints: [], negativePoints: [] },
  } as unknown as PlacedMask;
}

function outline(changes: Partial<OutlineOptions>) {
  const [instance] = outlineInstances([placed()], {
    connectivity: 4,
    simplifyPx: 0,
    minAreaM2: 2,
    transform: utm,
    crs,
    question: '',
    ...changes,
  });
  return {
    parts: instance!.polygonsScenePx.length,
    areaM2: instance!.feature.areaM2,
    pixels: instance!.placed.mask.reduce((sum, value) => sum + value, 0),
  };
}

describe('outlineInstances', () => {
  it('measures with a piece at a corner what hangs together there, or without it', () => {
    expect(outline({ connectivity: 4 })).toMatchObject({ parts: 1, pixels: 16 });
    expect(outline({ connectivity: 8 })).toMatchObject({ parts: 2, pixels: 17 });
    expect(outline({ connectivity: 4, minAreaM2: 0, leastPartPx: 2 })).toMatchObject({ parts: 1, pixels: 16 });
    expect(outline({ connectivity: 8, minAreaM2: 0, leastPartPx: 2 })).toMatchObject({ parts: 2, pixels: 17 });
  });

  it('leaves masks as they are when nothing is dropped', () =>
    expect(outline({ minAreaM2: 0 })).toMatchObject({ parts: 3, pixels: 18 }));

  it('has no area where the scene has no place, and drops nothing for it', async () => {
    const degrees = await crsFromEpsg(4326);
    expect(outline({ crs: degrees })).toEqual({ parts: 3, areaM2: null, pixels: 18 });
    expect(outline({ crs: null })).toEqual({ parts: 3, areaM2: null, pixels: 18 });
  });
});
