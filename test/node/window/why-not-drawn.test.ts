import { expect, test } from 'vitest';
import { whyNotDrawn } from '../../../src-renderer/map/why-not-drawn.ts';

const utm = { proj4: '+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs' };
const lonLat = { proj4: '+proj=longlat +datum=WGS84 +no_defs' };
const pixels = { proj4: null };

test('rasters on the Earth are drawn together', () => {
  expect(whyNotDrawn(utm, lonLat)).toBeNull();
  expect(whyNotDrawn(utm, utm)).toBeNull();
});

test('a raster without CRS is drawn alone, and so is every other while it is active', () => {
  expect(whyNotDrawn(pixels, utm)).toBe('hasNoCrs');
  expect(whyNotDrawn(pixels, pixels)).toBe('hasNoCrs');
  expect(whyNotDrawn(utm, pixels)).toBe('activeHasNoCrs');
});

test('a definition that cannot be combined says so', () => {
  expect(whyNotDrawn({ proj4: '+proj=unheard_of' }, utm)).toBe('nothingInCommon');
});
