import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { lonLatTransform } from '../../../src-main/core/crs/lon-lat.ts';
import { createFeatureWriter } from '../../../src-main/core/export/feature-writer.ts';
import type { OutputFeature, PolygonRings } from '../../../src-main/core/ports.ts';
import { feature, polygon, question, runRecord, squareWithHole } from '../../support/output-samples.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

type Position = [number, number];

interface Written {
  readonly type: string;
  readonly bbox?: number[];
  readonly features: {
    readonly type: string;
    readonly id: number;
    readonly properties: Record<string, unknown>;
    readonly geometry:
      { type: 'Polygon'; coordinates: Position[][] } | { type: 'MultiPolygon'; coordinates: Position[][][] };
  }[];
  readonly think2seg: { reasoning: string };
  readonly think2segWarnings?: string[];
}

const folder = mkdtempSync(join(tmpdir(), 't2s-geojson-'));
const missing = pythonMissing(['fiona', 'rasterio', 'shapely']);
const python =
  missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py')) : null;
afterAll(() => {
  python?.close();
  rmSync(folder, { recursive: true, force: true });
});

let nextName = 0;
async function write(
  epsg: number | null,
  features: readonly OutputFeature[],
): Promise<{ path: string; text: string; json: Written; warnings: readonly string[] }> {
  const crs = epsg === null ? null : await crsFromEpsg(epsg);
  nextName += 1;
  const path = join(folder, `${nextName}.geojson`);
  const { warnings } = await createFeatureWriter().write(
    { path, layerName: 'x', features, crs, runRecord: runRecord(crs), overwrite: false, scratchName: '.think2seg-g' },
    new AbortController().signal,
  );
  const text = readFileSync(path, 'utf8');
  return { path, text, json: JSON.parse(text) as Written, warnings };
}

function polygonsOf({ geometry }: Written['features'][number]): Position[][][] {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}

function signedArea(ring: readonly Position[]): number {
  return ring.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length] ?? [x, y];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

/** Square kilometres of the first feature where it was drawn; the pole, which has many longitudes, is one place there. */
async function mapArea(epsg: number, { json }: { json: Written }): Promise<number> {
  const { inverse } = lonLatTransform(await crsFromEpsg(epsg));
  return polygonsOf(json.features[0]!)
    .flat()
    .reduce((sum, ring) => sum + signedArea(ring.map(([lon, lat]): Position => [...inverse([lon, lat])])) / 1e6, 0);
}

/** The rules of RFC 7946 that a reader may rely on. */
function expectRfc7946({ json }: { json: Written }): void {
  expect(json.type).toBe('FeatureCollection');
  expect(json).not.toHaveProperty('crs');
  const lons: number[] = [];
  const lats: number[] = [];
  for (const { type, id, properties, geometry, ...others } of json.features) {
    expect({ type, id: typeof id, properties: typeof properties, others }).toEqual({
      type: 'Feature',
      id: 'number',
      properties: 'object',
      others: {},
    });
    expect(Object.keys(geometry).sort()).toEqual(['coordinates', 'type']);
    for (const rings of polygonsOf({ type, id, properties, geometry })) {
      for (const [index, ring] of rings.entries()) {
        expect(ring.length).toBeGreaterThanOrEqual(4);
        expect(ring.at(-1)).toEqual(ring[0]);
        expect(Math.sign(signedArea(ring.slice(0, -1)))).toBe(index === 0 ? 1 : -1);
        for (const [lon, lat] of ring) {
          expect(Math.abs(lon)).toBeLessThanOrEqual(180);
          expect(Math.abs(lat)).toBeLessThanOrEqual(90);
          expect([lon, lat].join()).not.toMatch(/\.\d{8}/);
          lons.push(lon);
          lats.push(lat);
        }
      }
    }
  }
  if (json.bbox !== undefined && (json.bbox[0] ?? 0) <= (json.bbox[2] ?? 0)) {
    expect(json.bbox).toEqual([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]);
  }
}

describe('GeoJSON', () => {
  test('follows RFC 7946 in longitude and latitude', async () => {
    const square = squareWithHole(2_600_000, 1_200_000, 40);
    const written = await write(2056, [
      feature(1, [square]),
      feature(2, [
        polygon([2_600_100, 1_200_000, 2_600_110, 1_200_000, 2_600_110, 1_200_010, 2_600_100, 1_200_010]),
        polygon([2_600_110, 1_200_010, 2_600_110, 1_200_020, 2_600_120, 1_200_020, 2_600_120, 1_200_010]),
      ]),
    ]);
    expectRfc7946(written);
    const [first, second] = written.json.features;
    expect([first?.geometry.type, second?.geometry.type]).toEqual(['Polygon', 'MultiPolygon']);
    expect(first?.properties).toMatchObject({ instance: 1, question, score: 0.875, area_m2: 1234.5, perim_m: 200.25 });
    expect(JSON.parse(String(first?.properties['prompt']))).toMatchObject({ bbox_2d: [1, 2, 30, 40] });
    expect(written.json.think2seg.reasoning).toContain('Größte');
    const [lon, lat] = lonLatTransform(await crsFromEpsg(2056)).forward([2_600_000, 1_200_000]);
    const positions = polygonsOf(written.json.features[0]!)[0]?.[0];
    expect(positions).toContainEqual([Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7]);
  });

  test.skipIf(missing !== null)('opens in Fiona with valid geometry, holes and area', async () => {
    const { path } = await write(32633, [feature(1, [squareWithHole(389_000, 5_819_000, 40)])]);
    const seen = await python!.ask({ op: 'vector', path });
    expect(seen).toMatchObject({ driver: 'GeoJSON', epsg: 4326, valid: [true], holes: [1] });
  });

  test('without a target is a valid empty collection', async () => {
    const { json } = await write(2056, []);
    expect(json.features).toEqual([]);
    expect(json).not.toHaveProperty('bbox');
  });

  test('without a CRS keeps the coordinates and says so', async () => {
    const written = await write(null, [feature(1, [polygon([0, 0, 0, -10, 10, -10, 10, 0])])]);
    expect(polygonsOf(written.json.features[0]!)[0]?.[0]).toContainEqual([10, -10]);
    expect(written.json.think2segWarnings?.[0]).toContain('not longitude and latitude');
  });

  test('leaves out what has no longitude, and says so to whoever asked and in the file', async () => {
    const { json, warnings } = await write(4326, [feature(1, [squareWithHole(500_000, 4_500_000, 10)])]);
    expect(json.features[0]?.geometry).toBeNull();
    expect(json.think2segWarnings).toEqual(['parts outside of where the map projection is defined were left out']);
    expect(warnings).toEqual([expect.stringContaining(json.think2segWarnings![0]!)]);
  });

  test('cuts a polygon with holes at the antimeridian', async () => {
    // UTM zone 1 south reaches across 180 degrees; the square with its hole lies on it.
    const toLonLat = lonLatTransform(await crsFromEpsg(32701));
    const [x, y] = toLonLat.inverse([-180, -17]);
    const written = await write(32701, [feature(1, [squareWithHole(x - 20_000, y - 20_000, 40_000)])]);
    expectRfc7946(written);
    const polygons = polygonsOf(written.json.features[0]!);
    expect(polygons).toHaveLength(2);
    expect(polygons.map((rings) => rings.length)).toEqual([1, 1]);
    const area = polygons.flat().reduce((sum, ring) => sum + Math.abs(signedArea(ring)), 0);
    const metres = area * (Math.PI / 180) ** 2 * 6_378_137 ** 2 * Math.cos((17 * Math.PI) / 180);
    expect(metres / (40_000 ** 2 * 0.75)).toBeCloseTo(1, 1);
    const [west = 0, , east = 0] = written.json.bbox ?? [];
    expect(west).toBeGreaterThan(179);
    expect(east).toBeLessThan(-179);
  });

  test('cuts geographic coordinates beyond 180 degrees', async () => {
    const written = await write(4326, [feature(1, [polygon([170, 0, 190, 0, 190, 5, 170, 5])])]);
    expectRfc7946(written);
    expect(polygonsOf(written.json.features[0]!).map(([ring]) => Math.abs(signedArea(ring ?? [])))).toEqual([50, 50]);
    expect(written.json.bbox).toEqual([170, 0, -170, 5]);
  });

  test.each([
    [4326, 180, 60],
    [3857, 20_037_508.342789244, 8_399_737.889818357],
  ])('leaves a polygon around the world whole (EPSG:%i)', async (epsg, x, y) => {
    const ring = [-x, -y, x, -y, x, y, -x, y];
    const written = await write(epsg, [feature(1, [polygon(ring)])]);
    expectRfc7946(written);
    expect(written.json.bbox).toEqual([-180, -60, 180, 60]);
    expect(polygonsOf(written.json.features[0]!)).toHaveLength(1);
  });

  test('closes a polygon around the pole along it', async () => {
    const side = 1_000_000;
    const written = await write(3031, [feature(1, [polygon([-side, -side, side, -side, side, side, -side, side])])]);
    expectRfc7946(written);
    expect(written.json.bbox?.[1]).toBe(-90);
    expect(await mapArea(3031, written)).toBeCloseTo((2 * side) ** 2 / 1e6, 0);
  });

  test('follows long edges of the scene, which are not straight in longitude and latitude', async () => {
    const [x, y, side] = [300_000, 5_000_000, 100_000];
    const written = await write(32633, [feature(1, [polygon([x, y, x + side, y, x + side, y + side, x, y + side])])]);
    expectRfc7946(written);
    const { inverse } = lonLatTransform(await crsFromEpsg(32633));
    const [ring = []] = polygonsOf(written.json.features[0]!)[0] ?? [];
    const away = ring.slice(1).map(([lon, lat], index) => {
      const [lon0, lat0] = ring[index]!;
      const [mx, my] = inverse([(lon + lon0) / 2, (lat + lat0) / 2]);
      return Math.min(...[mx - x, mx - x - side, my - y, my - y - side].map(Math.abs));
    });
    // The four corners alone are 345 m off.
    expect(Math.max(...away)).toBeLessThan(1.1);
    expect(ring.length).toBeLessThan(100);
  });

  test('adds decimals where seven would break a polygon', async () => {
    const millimetres = (values: readonly number[]): PolygonRings =>
      polygon(values.map((v, i) => v / 1000 + (i % 2 === 0 ? 500_000 : 5_800_000)));
    const comb = [0, 0, 40, 0, 40, 4, 4, 4, 4, 8, 40, 8, 40, 12, 0, 12];
    const written = await write(32633, [feature(1, [millimetres(comb)])]);
    expect(written.text).toMatch(/\.\d{8,9}\D/);
    const ring = polygonsOf(written.json.features[0]!)[0]?.[0] ?? [];
    expect(new Set(ring.map(String)).size).toBe(8);
  });

  test('writes 50,000 polygons in seconds', async () => {
    const features = Array.from({ length: 50_000 }, (_, index) =>
      feature(index + 1, [
        squareWithHole(2_500_000 + (index % 500) * 50, 1_200_000 + Math.floor(index / 500) * 50, 40),
      ]),
    );
    const started = Date.now();
    const { json } = await write(2056, features);
    expect(json.features).toHaveLength(50_000);
    expect(Date.now() - started).toBeLessThan(30_000);
  });
});
