import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrawnInstance, Polygon, Refinement } from '../../../src-main/contract/drawn-instance.ts';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { combineInstances } from '../../../src-main/core/shape/combine-instances.ts';
import { refineInstances } from '../../../src-main/core/shape/refine-instances.ts';
import type { ScenePlace } from '../../../src-main/core/shape/scene-place.ts';
import { affinePolygons } from '../../../src-main/core/vector/affine-polygons.ts';
import { groundMeasure } from '../../../src-main/core/vector/ground-measure.ts';
import { traceMask } from '../../../src-main/core/vector/trace-mask.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { makeMask, type MaskKind } from '../../support/synthetic-masks.ts';

const missing = pythonMissing(['shapely', 'rasterio']);
const places: Record<string, ScenePlace> = {};
const nothing: Refinement = {
  bufferM: 0,
  fillHolesM2: 0,
  minAreaM2: 0,
  simplifyPx: 0,
  rightAngles: false,
  smoothRounds: 0,
};

let oracle: PythonProcess;

beforeAll(async () => {
  oracle = new PythonProcess('test/support/shape_oracle.py');
  const [cos, sin] = [0.5 * Math.cos(0.4), 0.5 * Math.sin(0.4)];
  const utm: Geotransform = [0.5, 0, 500_000, 0, -0.5, 5_200_000];
  places['utm'] = { crs: await crsFromEpsg(32633), transform: utm };
  places['rotated'] = { crs: await crsFromEpsg(32633), transform: [cos, sin, 500_000, sin, -cos, 5_200_000] };
  places['degrees'] = { crs: await crsFromEpsg(4326), transform: [1e-5, 0, 15, 0, -5e-6, 60] };
  places['pixels'] = { crs: null, transform: [1, 0, 0, 0, -1, 0] };
});

afterAll(() => oracle.close());

function placeOf(name: string): ScenePlace {
  const place = places[name];
  if (place === undefined) {
    throw new Error(`no place ${name}`);
  }
  return place;
}

/** Each traced polygon of a mask as an instance. */
function tracedInstances(kind: MaskKind, place: ScenePlace, seed = 5, side = 60): DrawnInstance[] {
  const measure = groundMeasure(place.crs);
  return traceMask(makeMask(kind, side, side, seed), side, side, { connectivity: 8 }).map(({ parts }) => {
    const polygons = affinePolygons([...parts], place.transform);
    const size = measure?.(polygons);
    return {
      promptScenePx: { bbox_2d: [0, 0, side, side] },
      polygonsMap: polygons.map(({ rings }) => ({ rings: rings.map((ring) => [...ring]) })),
      score: 0.9,
      areaM2: size?.areaM2 ?? null,
      perimeterM: size?.perimeterM ?? null,
    };
  });
}

const allPolygons = (instances: readonly DrawnInstance[]): Polygon[] =>
  instances.flatMap(({ polygonsMap }) => polygonsMap);

const sumM2 = (instances: readonly DrawnInstance[]): number =>
  instances.reduce((sum, { areaM2 }) => sum + (areaM2 ?? 0), 0);

/** An L-shaped house of 20 by 12 m with a court, turned, as a mask of half metres would show it. */
function turnedHouse(angle: number): Uint8Array {
  const mask = new Uint8Array(100 * 100);
  for (let y = 0; y < 100; y++) {
    for (let x = 0; x < 100; x++) {
      const [dx, dy] = [x + 0.5 - 50, y + 0.5 - 50];
      const u = Math.cos(angle) * dx + Math.sin(angle) * dy;
      const v = -Math.sin(angle) * dx + Math.cos(angle) * dy;
      const isHouse = Math.abs(u) < 30 && Math.abs(v) < 20 && !(u > 10 && v > 0);
      const isCourt = Math.abs(u + 12) < 6 && Math.abs(v) < 6;
      mask[y * 100 + x] = isHouse && !isCourt ? 1 : 0;
    }
  }
  return mask;
}

describe.skipIf(missing !== null)(`refineInstances against Shapely (${missing ?? 'here'})`, () => {
  it('gives back what it was given when nothing is asked', () => {
    const instances = tracedInstances('blobs', placeOf('utm'));
    expect(refineInstances(instances, nothing, placeOf('utm'))).toEqual(instances);
  });

  it.each([
    ['utm', 'EPSG:32633', 3],
    ['utm', 'EPSG:32633', -1],
    ['degrees', 'EPSG:4326', 2],
    ['degrees', 'EPSG:4326', -0.6],
    ['rotated', 'EPSG:32633', 1.5],
  ] as const)('buffers metres on the ground in %s (%s) by %d', async (name, crs, bufferM) => {
    const place = placeOf(name);
    const instances = tracedInstances('blobs', place);
    const refined = refineInstances(instances, { ...nothing, bufferM }, place);
    expect(refined).toHaveLength(instances.length);
    for (const [index, { polygonsMap, areaM2 }] of refined.entries()) {
      const polygons = instances[index]!.polygonsMap;
      if (polygonsMap.length > 0) {
        const told = await oracle.ask({ op: 'buffer', crs, polygons, metres: bufferM, ours: polygonsMap });
        expect(told['validity']).toBe('Valid Geometry');
        // The projection of the oracle is around the centre of gravity, ours around that of the bounds.
        expect(told['difference']).toBeLessThan(Math.max(0.02, (told['area'] as number) * 1e-4));
        expect(areaM2! / (told['area'] as number)).toBeCloseTo(1, 3);
      }
    }
  });

  it.each([20, -6])('buffers far beyond the pixels, by %d m', async (bufferM) => {
    const place = placeOf('utm');
    const instances = tracedInstances('blobs', place, 7, 120);
    let compared = 0;
    for (const [index, { polygonsMap }] of refineInstances(instances, { ...nothing, bufferM }, place).entries()) {
      if (polygonsMap.length > 0) {
        const { polygonsMap: polygons } = instances[index]!;
        const asked = { op: 'buffer', crs: 'EPSG:32633', polygons, metres: bufferM, segments: 64, ours: polygonsMap };
        const told = await oracle.ask(asked);
        expect(told['validity']).toBe('Valid Geometry');
        expect(told['difference']).toBeLessThan(Math.max(0.05, (told['area'] as number) * 3e-3));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('fills holes up to an area, all of them, or none, and drops small parts', () => {
    const place = placeOf('utm');
    const instances = tracedInstances('blobs', place, 7, 120);
    const holes = (given: readonly DrawnInstance[]) =>
      allPolygons(given).reduce((count, { rings }) => count + rings.length - 1, 0);
    expect(holes(instances)).toBeGreaterThan(3);
    const some = refineInstances(instances, { ...nothing, fillHolesM2: 1 }, place);
    expect(holes(some)).toBeLessThan(holes(instances));
    expect(holes(some)).toBeGreaterThan(0);
    const all = refineInstances(instances, { ...nothing, fillHolesM2: null }, place);
    expect(holes(all)).toBe(0);
    expect(sumM2(all)).toBeGreaterThan(sumM2(some));
    const large = refineInstances(instances, { ...nothing, minAreaM2: 10 }, place);
    expect(large).toHaveLength(instances.length);
    expect(large.filter(({ areaM2 }) => areaM2! > 0).every(({ areaM2 }) => areaM2! >= 10)).toBe(true);
    expect(large.filter(({ polygonsMap }) => polygonsMap.length === 0).length).toBeGreaterThan(0);
  });

  it.each([
    ['utm', 'blobs', 0],
    ['rotated', 'blobs', 0],
    ['degrees', 'rings', 0],
    ['utm', 'blobs', 0.4],
    ['pixels', 'labels', 0],
  ] as const)(
    'simplifies in pixels of %s (%s, buffer %d m): valid, near, fewer vertices',
    async (name, kind, bufferM) => {
      const place = placeOf(name);
      const instances = refineInstances(tracedInstances(kind, place), { ...nothing, bufferM }, place);
      const simplified = refineInstances(instances, { ...nothing, simplifyPx: 1.2 }, place);
      // Distances are measured where a pixel is 1 x 1.
      const [a, b, c, d, e, f] = place.transform;
      const det = a * e - b * d;
      const toPixels: Geotransform = [
        e / det,
        -b / det,
        (b * f - e * c) / det,
        -d / det,
        a / det,
        (d * c - a * f) / det,
      ];
      const inPixels = (instance: DrawnInstance) =>
        affinePolygons(
          instance.polygonsMap.map(({ rings }) => ({ rings: rings.map((ring) => Float64Array.from(ring)) })),
          toPixels,
        ).map(({ rings }) => ({ rings: rings.map((ring) => [...ring]) }));
      let vertices = 0;
      let verticesBefore = 0;
      for (const [index, instance] of simplified.entries()) {
        const told = await oracle.ask({
          op: 'compare',
          ours: inPixels(instance),
          before: inPixels(instances[index]!),
        });
        expect(told['validity']).toBe('Valid Geometry');
        expect(told['hausdorff']).toBeLessThanOrEqual(1.2 + 1e-6);
        vertices += told['vertices'] as number;
        verticesBefore += told['verticesBefore'] as number;
      }
      expect(vertices).toBeLessThan(verticesBefore * 0.8);
    },
  );

  it.each([0, 0.3, 0.7, 1.2])(
    'turns the edges of a house at %d rad to right angles and keeps its court',
    async (angle) => {
      const place = placeOf('utm');
      const [house] = traceMask(turnedHouse(angle), 100, 100, { connectivity: 8 });
      const polygons = affinePolygons([...house!.parts], place.transform);
      const instance: DrawnInstance = {
        promptScenePx: null,
        polygonsMap: polygons.map(({ rings }) => ({ rings: rings.map((ring) => [...ring]) })),
        score: null,
        areaM2: null,
        perimeterM: null,
      };
      const [squared] = refineInstances([instance], { ...nothing, rightAngles: true, simplifyPx: 1.5 }, place);
      const told = await oracle.ask({ op: 'compare', ours: squared!.polygonsMap, before: instance.polygonsMap });
      expect(told).toMatchObject({ validity: 'Valid Geometry', holes: 1 });
      // 1,856 quarter square metres of house; three quarters of a pixel along its border may be elsewhere.
      expect(told['difference']).toBeLessThan((told['area'] as number) * 0.1);
      expect(told['vertices']).toBeLessThan(25);
      for (const { rings } of squared!.polygonsMap) {
        for (const ring of rings) {
          for (let i = 0; i < ring.length; i += 2) {
            const at = (k: number) => [ring[(i + k) % ring.length]!, ring[(i + k + 1) % ring.length]!] as const;
            const [[ax, ay], [bx, by], [cx, cy]] = [at(0), at(2), at(4)];
            const [ux, uy, vx, vy] = [bx - ax, by - ay, cx - bx, cy - by];
            const cosine = (ux * vx + uy * vy) / (Math.hypot(ux, uy) * Math.hypot(vx, vy));
            // Map units are not quite metres in both directions; corners of an overlay may lie on straight edges.
            expect(Math.min(Math.abs(cosine), 1 - Math.abs(cosine))).toBeLessThan(1e-4);
          }
        }
      }
    },
  );

  it.each([
    ['blobs', 3, false],
    ['rings', 5, false],
    ['noise', 2, true],
    ['speckle', 5, true],
  ] as const)('is valid when everything is asked of %s at once', async (kind, smoothRounds, rightAngles) => {
    const place = placeOf('utm');
    const refined = refineInstances(
      tracedInstances(kind, place, 3, 40),
      { bufferM: 0.3, fillHolesM2: 0.5, minAreaM2: 0.5, simplifyPx: 1, rightAngles, smoothRounds },
      place,
    );
    expect(allPolygons(refined).length).toBeGreaterThan(0);
    for (const { polygonsMap } of refined) {
      const told = await oracle.ask({ op: 'compare', ours: polygonsMap, before: polygonsMap });
      expect(told['validity']).toBe('Valid Geometry');
    }
  });

  it('measures nothing where the projection is not defined, and keeps it', () => {
    const beyond = { ...placeOf('utm'), transform: [0.5, 0, 500_000_000, 0, -0.5, 0] as Geotransform };
    const rings = [[500_000_000, 0, 500_000_000, -50, 500_000_050, -50, 500_000_050, 0]];
    const hole = [500_000_010, -10, 500_000_020, -10, 500_000_020, -20, 500_000_010, -20];
    const instance: DrawnInstance = {
      promptScenePx: null,
      polygonsMap: [{ rings: [...rings, hole] }],
      score: null,
      areaM2: null,
      perimeterM: null,
    };
    for (const refinement of [nothing, { ...nothing, minAreaM2: 10, fillHolesM2: 10 }]) {
      const [refined] = refineInstances([instance], refinement, beyond);
      expect(refined).toMatchObject({ areaM2: null, perimeterM: null });
      expect(refined?.polygonsMap[0]?.rings).toHaveLength(2);
    }
  });

  it('refuses metres on a scene without a CRS, and still works without them', () => {
    const place = placeOf('pixels');
    const instances = tracedInstances('blobs', place);
    for (const change of [{ bufferM: 1 }, { minAreaM2: 1 }, { fillHolesM2: 1 }]) {
      expect(() => refineInstances(instances, { ...nothing, ...change }, place)).toThrow(/metres mean nothing/);
    }
    const refined = refineInstances(instances, { ...nothing, fillHolesM2: null, smoothRounds: 2 }, place);
    expect(refined.every(({ areaM2, polygonsMap }) => areaM2 === null && polygonsMap.length > 0)).toBe(true);
  });
});

describe.skipIf(missing !== null)(`combineInstances against Shapely (${missing ?? 'here'})`, () => {
  it.each(
    (['merge', 'subtract', 'intersect'] as const).flatMap((operation) =>
      (['utm', 'degrees', 'rotated'] as const).flatMap((name) =>
        (['blobs', 'noise', 'rings'] as const).map((kind) => [operation, name, kind] as const),
      ),
    ),
  )('%s in %s, %s', async (operation, name, kind) => {
    const place = placeOf(name);
    const first = tracedInstances(kind, place, 1, 32);
    const second = tracedInstances('blobs', place, 2, 32);
    const combined = combineInstances(operation, first, second, place);
    const pixelArea = Math.abs(place.transform[0] * place.transform[4] - place.transform[1] * place.transform[3]);
    const told = await oracle.ask({
      op: 'combine',
      operation,
      first: allPolygons(first),
      second: allPolygons(second),
      ours: allPolygons(combined),
      each: combined.map(({ polygonsMap }) => polygonsMap),
    });
    expect(told['difference']).toBeLessThan(pixelArea * 1e-3);
    expect(new Set(told['validity'] as string[])).toEqual(new Set(['Valid Geometry']));
  });

  it('leaves alone what nothing touches, and forgets the prompt of what was changed', () => {
    const place = placeOf('utm');
    const square = (x: number, score: number): DrawnInstance => ({
      promptScenePx: { bbox_2d: [x, 0, x + 10, 10] },
      polygonsMap: [{ rings: [[x, 0, x + 10, 0, x + 10, 10, x, 10]] }],
      score,
      areaM2: 100,
      perimeterM: 40,
    });
    const [a, b, c] = [square(0, 0.1), square(5, 0.2), square(30, 0.3)];
    const merged = combineInstances('merge', [a, c], [b], place);
    expect(merged).toHaveLength(2);
    expect(merged).toContainEqual(c);
    expect(merged.find(({ promptScenePx }) => promptScenePx === null)).toMatchObject({ score: null });
    expect(combineInstances('subtract', [a, c], [b], place)).toContainEqual(c);
    expect(combineInstances('intersect', [a, c], [b], place)).toHaveLength(1);
    expect(combineInstances('subtract', [a], [square(-1, 1), b], place)).toEqual([]);
  });
});
