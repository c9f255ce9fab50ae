import { describe, expect, test } from 'vitest';
import type { BoundingBox } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { placementWarning } from '../../../src-main/core/crs/placement-warning.ts';

describe('placementWarning', () => {
  test.each<{ what: string; epsg: number; bounds: BoundingBox }>([
    { what: 'metres that are called degrees', epsg: 4326, bounds: [500_000, 4_499_700, 500_300, 4_500_000] },
    {
      what: 'eastings that are called longitudes, at a latitude that could be one',
      epsg: 4326,
      bounds: [5000, 40, 5001, 41],
    },
    { what: 'metres far off a projection', epsg: 3035, bounds: [1e9, 1e9, 1e9 + 100, 1e9 + 100] },
  ])('tells of $what', async ({ epsg, bounds }) => {
    const crs = await crsFromEpsg(epsg);
    const warning = placementWarning(crs, bounds);
    expect(warning).toContain(`outside of where ${crs.name} is defined`);
    expect(warning).toContain(String((bounds[0] + bounds[2]) / 2));
  });

  test.each<{ what: string; epsg: number; bounds: BoundingBox }>([
    { what: 'longitudes from 0 to 360', epsg: 4326, bounds: [0, -90, 360, 90] },
    { what: 'longitudes beyond the antimeridian', epsg: 4326, bounds: [179, -20, 181, -18] },
    { what: 'the whole world, whose corners are not on the map', epsg: 8857, bounds: [-17.3e6, -8.4e6, 17.3e6, 8.4e6] },
    { what: 'a town in UTM', epsg: 32633, bounds: [500_000, 4_499_700, 500_300, 4_500_000] },
    { what: 'a pole', epsg: 3031, bounds: [-150, -150, 150, 150] },
  ])('is silent about $what', async ({ epsg, bounds }) => {
    expect(placementWarning(await crsFromEpsg(epsg), bounds)).toBeNull();
  });
});
