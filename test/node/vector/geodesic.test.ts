import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import proj4 from 'proj4';
import { describe, expect, it } from 'vitest';

import { measureGeodesic, polygonsToLonLat } from '../../../src-main/core/vector/geodesic.ts';

interface Case {
  name: string;
  rings: [number, number][][];
  areaM2: number;
  perimeterM: number;
}

/** Made by test/reference/make_geodesic_reference.py with PROJ. */
const reference = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../reference/geodesic_reference.json'), 'utf8'),
) as { lonLat: Case[]; projected: (Case & { proj4: string })[] };

const polygonOf = ({ rings }: Case) => ({ rings: rings.map((ring) => Float64Array.from(ring.flat())) });
const relativeError = (got: number, expected: number) => Math.abs(got - expected) / expected;

describe('measureGeodesic', () => {
  it.each(reference.lonLat)('equals PROJ: $name', (given) => {
    const { areaM2, perimeterM } = measureGeodesic([polygonOf(given)]);
    expect(relativeError(areaM2, given.areaM2)).toBeLessThan(1e-9);
    expect(relativeError(perimeterM, given.perimeterM)).toBeLessThan(1e-12);
  });

  it.each(reference.projected)('equals PROJ on edges that are straight on the map: $name', (given) => {
    const { forward } = proj4(given.proj4, 'EPSG:4326');
    const polygonsLonLat = polygonsToLonLat([polygonOf(given)], ([x, y]) => {
      const [lon = NaN, lat = NaN] = forward([x, y]);
      return [lon, lat];
    });
    const { areaM2, perimeterM } = measureGeodesic(polygonsLonLat);
    expect(relativeError(areaM2, given.areaM2)).toBeLessThan(1e-6);
    expect(relativeError(perimeterM, given.perimeterM)).toBeLessThan(1e-6);
  });

  it('subtracts holes whatever the winding, and sums polygons', () => {
    const square = (lon: number, lat: number, size: number) => [
      lon,
      lat,
      lon + size,
      lat,
      lon + size,
      lat + size,
      lon,
      lat + size,
    ];
    const reversed = (ring: number[]) =>
      [ring[0], ring[1], ring[6], ring[7], ring[4], ring[5], ring[2], ring[3]].map(Number);
    const outer = square(10, 50, 0.01);
    const hole = square(10.002, 50.002, 0.001);
    const area = (...rings: number[][]) =>
      measureGeodesic([{ rings: rings.map((ring) => Float64Array.from(ring)) }]).areaM2;
    const expected = area(outer) - area(hole);
    expect(area(outer, hole)).toBeCloseTo(expected, 6);
    expect(area(outer, reversed(hole))).toBeCloseTo(expected, 6);
    expect(area(reversed(outer), hole)).toBeCloseTo(expected, 6);
    const both = measureGeodesic([{ rings: [Float64Array.from(outer)] }, { rings: [Float64Array.from(hole)] }]);
    expect(both.areaM2).toBeCloseTo(area(outer) + area(hole), 6);
  });
});

describe('polygonsToLonLat', () => {
  it('adds no vertex to short edges, and adds some to a long parallel', () => {
    const parallel = (width: number) => [
      { rings: [Float64Array.of(10, 45, 10 + width, 45, 10 + width, 45.0001, 10, 45.0001)] },
    ];
    const vertices = (width: number) => polygonsToLonLat(parallel(width), (point) => point)[0]?.rings[0]?.length;
    expect(vertices(0.001)).toBe(8);
    expect(vertices(0.1)).toBeGreaterThan(30);
  });
});
