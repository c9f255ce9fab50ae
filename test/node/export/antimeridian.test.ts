/** Masks that lie on the antimeridian or around a pole: what is written keeps its area and is valid, holes and all. */
import { describe, expect, test } from 'vitest';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { lonLatTransform } from '../../../src-main/core/crs/lon-lat.ts';
import { cutAtAntimeridian } from '../../../src-main/core/export/antimeridian.ts';
import { unwrappedLonLat } from '../../../src-main/core/export/lon-lat-rings.ts';
import { roundedPolygon } from '../../../src-main/core/export/rounded-polygon.ts';
import type { PolygonRings, RingCoordinates } from '../../../src-main/core/ports.ts';
import { affinePolygons } from '../../../src-main/core/vector/affine-polygons.ts';
import { planarArea } from '../../../src-main/core/geometry/planar.ts';
import { simplifyPolygons } from '../../../src-main/core/vector/simplify.ts';
import { isValid } from '../../../src-main/core/geometry/topology.ts';
import { traceMask } from '../../../src-main/core/vector/trace-mask.ts';
import { makeMask } from '../../support/synthetic-masks.ts';

const flat = (values: readonly number[]) => ({ ring: Float64Array.from(values), turns: 0 });
const asPolygons = (parts: readonly (readonly RingCoordinates[])[]): PolygonRings[] =>
  parts.map((rings) => ({ rings }));

/** Polygons of masks of 10 x 10 pixels, full of holes and notches or of rings in rings: along pixel edges, and simplified. */
function polygonsOfMasks(count: number, transform: Geotransform): PolygonRings[] {
  return Array.from({ length: count }, (_, seed) => {
    const mask = seed % 3 === 0 ? makeMask('rings', 10, 10, seed) : makeMask('speckle', 10, 10, seed).map((v) => 1 - v);
    const traced = traceMask(mask, 10, 10, { connectivity: 4 }).map(({ parts }) => parts);
    return [...traced, ...simplifyPolygons(traced, 1)].flatMap((parts) => affinePolygons(parts, transform));
  }).flat();
}

describe('the cut at the antimeridian', () => {
  test('keeps a hole whose first vertex lies on the exterior', () => {
    const exterior = flat([179, 1, 179, 3, 177, 3, 177, -3, 183, -3, 183, 0, 182, -2]);
    const { parts } = cutAtAntimeridian([exterior, flat([179, 1, 179, -1, 178, -1, 178, 1])], 90);
    expect(planarArea(asPolygons(parts))).toBeCloseTo(19.5, 9);
  });

  test('joins what goes around the world from 0 to 360 degrees', () => {
    const { parts } = cutAtAntimeridian([flat([0, -10, 360, -10, 360, 10, 0, 10])], 90);
    expect(parts.map(([ring]) => [Math.min(...ring!), Math.max(...ring!)])).toEqual([[-180, 180]]);
  });

  // 180 degrees is the edge of a pixel, and not.
  test.each([177, 177.3])('keeps area and validity of masks from %d degrees', (west) => {
    let crossing = 0;
    for (const { rings } of polygonsOfMasks(60, [1, 0, west, 0, -1, 5])) {
      const { parts, crosses } = cutAtAntimeridian(
        rings.map((ring) => ({ ring, turns: 0 })),
        90,
      );
      crossing += crosses ? 1 : 0;
      expect(planarArea(asPolygons(parts))).toBeCloseTo(planarArea([{ rings }]), 6);
      expect(isValid(asPolygons(parts))).toBe(true);
    }
    expect(crossing).toBeGreaterThan(100);
  });

  // The pole is the corner of a pixel, and not.
  test.each([
    [3413, 40, 0, 90],
    [3413, 40, 13, 90],
    [3031, 25_000, 7_000, -90],
  ] as const)('keeps area and validity of masks around a pole (EPSG:%i, %d m)', async (epsg, px, off, pole) => {
    const transform = lonLatTransform(await crsFromEpsg(epsg));
    let around = 0;
    for (const { rings } of polygonsOfMasks(8, [px, 0, off - 5 * px, 0, -px, off + 5 * px])) {
      const lonLat = rings.map((ring) => unwrappedLonLat(ring, transform)!);
      around += lonLat.some(({ turns }) => turns !== 0) ? 1 : 0;
      const { parts } = cutAtAntimeridian(lonLat, pole);
      const written = asPolygons(parts.flatMap(roundedPolygon));
      expect(written.every((part) => isValid([part]))).toBe(true);
      const onMap = written.map((part) => ({ rings: part.rings.map((ring) => mapped(ring, transform.inverse)) }));
      expect(planarArea(onMap) / planarArea([{ rings }])).toBeCloseTo(1, 3);
    }
    expect(around).toBeGreaterThan(5);
  });
});

function mapped(ring: RingCoordinates, move: (point: [number, number]) => readonly [number, number]): RingCoordinates {
  const moved = new Float64Array(ring.length);
  for (let i = 0; i < ring.length; i += 2) {
    moved.set(move([ring[i]!, ring[i + 1]!]), i);
  }
  return moved;
}
