import { describe, expect, test } from 'vitest';
import type { Point } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { lonLatTransform } from '../../../src-main/core/crs/lon-lat.ts';
import reference from '../../fixtures/crs/proj-reference.json';

/**
 * Metres by which we differ from PROJ (both without grid files) where it is more than a centimetre. In all of them PROJ picks a shift
 * made for the region of each point, and the table has one per CRS; each has an accuracy note.
 */
const regionalShiftM: Readonly<Record<number, number>> = {
  4267: 10, // conterminous US, Canada, Mexico, Caribbean
  26711: 1.5, // western and whole conterminous US
  5514: 10, // Czechia and Slovakia
  23030: 8, // Spain and all of western Europe
  31467: 1, // northern and southern Germany
};

const metresPerDegree = 111_320;

function distanceM([lonA, latA]: Point, [lonB, latB]: Point): number {
  const dLon = ((lonA - lonB + 540) % 360) - 180;
  return Math.hypot(dLon * Math.cos((latA * Math.PI) / 180), latA - latB) * metresPerDegree;
}

test('what no place has as longitude and latitude has none, in WGS 84 too', async () => {
  const { forward } = lonLatTransform(await crsFromEpsg(4326));
  expect(forward([500_000, 45])).toEqual([Number.NaN, Number.NaN]);
  expect(forward([15, 4_500_000])).toEqual([Number.NaN, Number.NaN]);
  // The outer edge of a grid whose cells have their centres on the poles.
  expect(forward([15, 90.25])[1]).toBe(90);
  expect(forward([190, -10])[0]).not.toBeNaN();
});

describe('map coordinates to longitude and latitude, against PROJ', () => {
  test.each(reference.cases)('EPSG:$epsg $name at $lonLat', async ({ epsg, map, lonLat }) => {
    const crs = await crsFromEpsg(epsg);
    if (epsg in regionalShiftM) {
      expect(crs.accuracyNote).toMatch(/^WGS 84 coordinates may be off by (up to about \d+ m|an unknown amount)/);
    }
    const { forward, inverse } = lonLatTransform(crs);
    const [x, y] = map as unknown as Point;
    const [lon, lat] = lonLat as unknown as Point;
    const allowed = regionalShiftM[epsg] ?? 0.01;
    expect(distanceM(forward([x, y]), [lon, lat])).toBeLessThan(allowed);
    expect(distanceM(forward(inverse([lon, lat])), [lon, lat])).toBeLessThan(0.01);
  });
});

describe('accuracy notes', () => {
  test.each([
    [27700, /up to about 2 m: the grid uk_os_OSTN15_NTv2_OSGBtoETRS.tif \(1 m\)/],
    [31467, /up to about 3 m: the grid de_adv_BETA2007.tif/],
    [26711, /up to about 10 m: the grid us_noaa_conus.tif/],
    [30169, /up to about 9 m/],
    // Of the Tarim basin, in the far west of a country that is used as a whole.
    [
      4214,
      /by an unknown amount: Beijing 1954 is shifted by parameters .* part of its area only \(China - .*Tarim basin\)/,
    ],
    [2439, /by an unknown amount: Beijing 1954 .*Tarim basin/],
    [4144, /by an unknown amount: Kalianpur 1937 .*Moattama area/],
    [5514, /up to about 6 m: no better datum shift for S-JTSK \/ Krovak East North is part of this program/],
    [2056, undefined],
    [28992, undefined],
    [32633, undefined],
    [26914, undefined],
  ])('EPSG:%i', async (code, note) => {
    const { accuracyNote } = await crsFromEpsg(code);
    if (note === undefined) {
      expect(accuracyNote).toBeUndefined();
    } else {
      expect(accuracyNote).toMatch(note);
    }
  });
});

describe('what cannot be transformed says so', () => {
  test.each([3975, 6247, 29701, 10622])('EPSG:%i', async (code) => {
    const crs = await crsFromEpsg(code);
    expect(() => lonLatTransform(crs)).toThrow(expect.objectContaining({ code: 'CRS_UNSUPPORTED' }) as Error);
  });

  test('a code that does not exist', async () => {
    await expect(crsFromEpsg(999_999)).rejects.toMatchObject({ code: 'CRS_UNSUPPORTED' });
    await expect(crsFromEpsg(-1)).rejects.toMatchObject({ code: 'CRS_UNSUPPORTED' });
  });
});
