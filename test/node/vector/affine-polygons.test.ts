import { describe, expect, it } from 'vitest';

import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { affinePolygons } from '../../../src-main/core/vector/affine-polygons.ts';
import { planarArea, signedRingArea } from '../../../src-main/core/geometry/planar.ts';
import { traceMask } from '../../../src-main/core/vector/trace-mask.ts';

/** 3 x 3 block with a hole in the middle. */
const withHole = traceMask(Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1), 3, 3, { connectivity: 4 })[0]?.parts ?? [];

const transforms: { name: string; transform: Geotransform }[] = [
  { name: 'north up', transform: [0.5, 0, 600_000, 0, -0.5, 4_000_000] },
  { name: 'south up', transform: [0.5, 0, 600_000, 0, 0.5, 4_000_000] },
  { name: 'east to west', transform: [-0.5, 0, 600_000, 0, -0.5, 4_000_000] },
  { name: 'rotated and sheared', transform: [0.4, 0.3, 600_000, 0.35, -0.4, 4_000_000] },
];

describe('affinePolygons', () => {
  it.each(transforms)('keeps exteriors counter-clockwise and area exact: $name', ({ transform }) => {
    const [exterior, hole] = affinePolygons(withHole, transform)[0]?.rings ?? [];
    const cell = Math.abs(transform[0] * transform[4] - transform[1] * transform[3]);
    expect(signedRingArea(exterior ?? new Float64Array())).toBeCloseTo(9 * cell, 6);
    expect(signedRingArea(hole ?? new Float64Array())).toBeCloseTo(-cell, 6);
    expect(planarArea(affinePolygons(withHole, transform))).toBeCloseTo(8 * cell, 6);
  });

  it('maps pixel corners as rasterio does', () => {
    const [polygon] = affinePolygons([{ rings: [Float64Array.of(0, 0, 2, 0, 2, 3, 0, 3)] }], [10, 1, 100, 2, -10, 200]);
    expect([...(polygon?.rings[0] ?? [])]).toEqual([100, 200, 103, 170, 123, 174, 120, 204]);
  });

  it('refuses a transform without area', () => {
    expect(() => affinePolygons(withHole, [1, 2, 0, 2, 4, 0])).toThrow(Think2SegError);
  });
});
