import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inflateSync } from 'node:zlib';

import { fromFile } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';

import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { planarArea } from '../../../src-main/core/geometry/planar.ts';
import { iterateTracedPolygons, traceMask, type TracedPolygon } from '../../../src-main/core/vector/trace-mask.ts';
import { cross, whyInvalid } from '../../support/polygon-validity.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';
import { makeMask, maskKinds } from '../../support/synthetic-masks.ts';

const connectivities = [4, 8] as const;

/** Distinct vertices as `x y`. */
function verticesOf({ parts }: TracedPolygon): string[] {
  const found = new Set<string>();
  for (const ring of parts.flatMap(({ rings }) => rings)) {
    for (let i = 0; i < ring.length; i += 2) {
      found.add(`${ring[i]!} ${ring[i + 1]!}`);
    }
  }
  return [...found].sort();
}

const holesOf = ({ parts }: TracedPolygon) => parts.reduce((sum, { rings }) => sum + rings.length - 1, 0);

describe('traceMask', () => {
  const cases = maskKinds.flatMap((kind) =>
    [1, 2, 3].flatMap((seed) => connectivities.map((connectivity) => ({ kind, seed, connectivity }))),
  );

  it.each(
    [Uint8Array, Uint16Array].flatMap((type) =>
      [0, 1, 2, 3, 5, 8].map((margin) => ({ type, margin, name: type.name })),
    ),
  )('finds the same in the middle of nothing: $name, $margin on the left', ({ type, margin }) => {
    const [width, height] = [13, 9];
    const mask = makeMask('noise', width, height, 1);
    const [outerWidth, outerHeight, above] = [width + margin + 31, height + 29, 11];
    const outer = new type(outerWidth * outerHeight);
    for (let y = 0; y < height; y++) {
      outer.set(mask.subarray(y * width, (y + 1) * width), (y + above) * outerWidth + margin);
    }
    const moved = traceMask(mask, width, height, { connectivity: 4 }).map(({ label, parts }) => ({
      label,
      parts: parts.map(({ rings }) => ({
        rings: rings.map((ring) => ring.map((value, i) => value + (i % 2 === 0 ? margin : above))),
      })),
    }));
    expect(traceMask(outer, outerWidth, outerHeight, { connectivity: 4 })).toEqual(moved);
  });

  it.each([Uint8Array, Uint16Array].flatMap((type) => [1, 2, 3].map((offset) => ({ type, offset, name: type.name }))))(
    'finds the same wherever the labels lie in memory: $name, $offset labels behind the start',
    ({ type, offset }) => {
      const mask = type.from(makeMask('labels', 61, 47, 1));
      const shifted = new type(mask.length + offset).subarray(offset);
      shifted.set(mask);
      for (const connectivity of connectivities) {
        expect(traceMask(shifted, 61, 47, { connectivity })).toEqual(traceMask(mask, 61, 47, { connectivity }));
      }
    },
  );

  it.each(cases)('$kind (seed $seed), $connectivity-connected: exact and valid', ({ kind, seed, connectivity }) => {
    const mask = makeMask(kind, 33, 26, seed);
    const traced = traceMask(mask, 33, 26, { connectivity });
    for (const label of [1, 2, 3]) {
      const parts = traced.filter((polygon) => polygon.label === label).flatMap((polygon) => polygon.parts);
      expect(planarArea(parts)).toBe(mask.filter((value) => value === label).length);
    }
    const parts = traced.flatMap((polygon) => polygon.parts);
    expect(parts.map(whyInvalid).filter((reason) => reason !== null)).toEqual([]);
    expect(parts.some((part, i) => parts.slice(i + 1).some((other) => cross(part, other)))).toBe(false);
  });

  it('has vertices only where the border turns', () => {
    for (const polygon of traceMask(makeMask('noise', 40, 40, 9), 40, 40, { connectivity: 4 })) {
      for (const ring of polygon.parts.flatMap(({ rings }) => rings)) {
        for (let i = 0; i < ring.length; i += 2) {
          const at = (k: number) => ring[(i + k + ring.length) % ring.length]!;
          const turn = (at(0) - at(-2)) * (at(3) - at(1)) - (at(1) - at(-1)) * (at(2) - at(0));
          expect(turn).not.toBe(0);
        }
      }
    }
  });

  it.each([
    [0, 0],
    [61, 17],
    [167, 214],
  ])('gives an object at %s, %s of an empty mask the outline it has alone, moved', (x, y) => {
    const [width, height, side] = [200, 240, 26];
    for (const connectivity of connectivities) {
      const alone = makeMask('noise', 33, side, 4);
      const mask = new Uint8Array(width * height);
      for (let row = 0; row < side; row++) {
        mask.set(alone.subarray(row * 33, (row + 1) * 33), (y + row) * width + x);
      }
      const moved = traceMask(alone, 33, side, { connectivity }).map(({ label, parts }) => ({
        label,
        parts: parts.map(({ rings }) => ({
          rings: rings.map((ring) => ring.map((value, at) => value + (at % 2 === 0 ? x : y))),
        })),
      }));
      expect(traceMask(mask, width, height, { connectivity })).toEqual(moved);
    }
  });

  it('takes 16-bit labels, the frame edge and an empty mask', () => {
    const labels = Uint16Array.of(700, 700, 65535, 0);
    expect(traceMask(labels, 2, 2, { connectivity: 4 }).map(({ label, parts }) => [label, planarArea(parts)])).toEqual([
      [700, 2],
      [65535, 1],
    ]);
    expect(traceMask(new Uint8Array(12), 4, 3, { connectivity: 8 })).toEqual([]);
    expect(traceMask(new Uint8Array(0), 0, 0, { connectivity: 4 })).toEqual([]);
  });

  it('splits a component that hangs together at a corner into parts', () => {
    const mask = Uint8Array.of(1, 0, 0, 1);
    expect(traceMask(mask, 2, 2, { connectivity: 4 })).toHaveLength(2);
    const [joined, ...others] = traceMask(mask, 2, 2, { connectivity: 8 });
    expect(others).toEqual([]);
    expect(joined?.parts).toHaveLength(2);
  });

  it('refuses a mask of another size', () => {
    expect(() => traceMask(new Uint8Array(5), 2, 2, { connectivity: 4 })).toThrow(Think2SegError);
  });

  it('walks a checkerboard of half a million components one at a time', () => {
    let count = 0;
    for (const polygon of iterateTracedPolygons(makeMask('checkerboard', 1024, 1024, 0), 1024, 1024, {
      connectivity: 4,
    })) {
      count += polygon.parts.length;
    }
    expect(count).toBe(1024 * 512);
  });
});

describe('traceMask against GDAL polygonize, as stored', () => {
  const reference = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../reference/polygonize_reference.json'), 'utf8'),
  ) as {
    width: number;
    height: number;
    cases: { name: string; maskZlibBase64: string; polygons4: number[][]; polygons8: number[][] }[];
  };
  type Row = (number | undefined)[];
  const ascending = (a: Row, b: Row) => a.map((value, i) => (value ?? 0) - (b[i] ?? 0)).find((sign) => sign !== 0) ?? 0;
  /** label, area, parts, holes, vertices, sum of x, sum of y: the columns of the reference but GDAL's own hole count. */
  const describePolygon = (polygon: TracedPolygon): number[] => {
    const vertices = verticesOf(polygon).map((vertex) => vertex.split(' ').map(Number) as [number, number]);
    return [
      polygon.label,
      planarArea(polygon.parts),
      polygon.parts.length,
      holesOf(polygon),
      vertices.length,
      vertices.reduce((sum, [x]) => sum + x, 0),
      vertices.reduce((sum, [, y]) => sum + y, 0),
    ];
  };

  it.each(reference.cases)('$name', ({ maskZlibBase64, polygons4, polygons8 }) => {
    const mask = new Uint8Array(inflateSync(Buffer.from(maskZlibBase64, 'base64')));
    const { width, height } = reference;
    const traced4 = traceMask(mask, width, height, { connectivity: 4 });
    expect(traced4.map(describePolygon).sort(ascending)).toEqual(
      polygons4.map(([label, area, holes, , , ...rest]) => [label, area, 1, holes, ...rest]).sort(ascending),
    );
    const traced8 = traceMask(mask, width, height, { connectivity: 8 });
    expect(traced8.map(describePolygon).sort(ascending)).toEqual(
      polygons8.map(([label, area, , parts, holes, ...rest]) => [label, area, parts, holes, ...rest]).sort(ascending),
    );
  });
});

describe.skipIf(sharedDataMissing !== null)(
  `traceMask on published cases${sharedDataMissing === null ? '' : `: skipped, ${sharedDataMissing}`}`,
  () => {
    const facts =
      sharedDataMissing === null
        ? (JSON.parse(readFileSync(sharedPath('data/reference_facts/FACTS.json'), 'utf8')) as {
            polygonize_rasterio: {
              cases: [
                { n_shapes: number; first_ring: number[][]; background_area: number },
                { first_ring: number[][] },
                { n_shapes_connectivity4: number; n_shapes_connectivity8: number },
              ];
            };
            polygonize_solaris: { polygonize_8conn: number; polygonize_4conn: number };
          })
        : null;
    // rasterio polygonizes zeros too: labels are raised by one.
    const grid = (valueAt: (x: number, y: number) => number) =>
      Uint8Array.from({ length: 100 }, (_, i) => valueAt(i % 10, Math.floor(i / 10)));
    const inSquare = (x: number, y: number) => x >= 2 && x <= 4 && y >= 2 && y <= 4;
    const ringAsText = (ring: number[][]) => [...new Set(ring.map(([x, y]) => `${x ?? NaN} ${y ?? NaN}`))].sort();

    it('rasterio: square', () => {
      const [expected] = facts!.polygonize_rasterio.cases;
      const traced = traceMask(
        grid((x, y) => (inSquare(x, y) ? 2 : 1)),
        10,
        10,
        { connectivity: 4 },
      );
      expect(traced).toHaveLength(expected.n_shapes);
      const square = traced.find(({ label }) => label === 2);
      const background = traced.find(({ label }) => label === 1);
      expect(square === undefined ? [] : verticesOf(square)).toEqual(ringAsText(expected.first_ring));
      expect(planarArea(background?.parts ?? [])).toBe(expected.background_area);
    });

    it('rasterio: square with a masked corner', () => {
      const [, expected] = facts!.polygonize_rasterio.cases;
      const mask = grid((x, y) => (inSquare(x, y) && !(x === 4 && y === 4) ? 1 : 0));
      const [square] = traceMask(mask, 10, 10, { connectivity: 4 });
      expect(square === undefined ? [] : verticesOf(square)).toEqual(ringAsText(expected.first_ring));
    });

    it('rasterio: diagonal', () => {
      const [, , expected] = facts!.polygonize_rasterio.cases;
      const mask = grid((x, y) => (x === y ? 2 : 1));
      expect(traceMask(mask, 10, 10, { connectivity: 4 })).toHaveLength(expected.n_shapes_connectivity4);
      expect(traceMask(mask, 10, 10, { connectivity: 8 })).toHaveLength(expected.n_shapes_connectivity8);
    });

    it('solaris: building footprints', async () => {
      const file = await fromFile(sharedPath('data/labelled_buildings_spacenet/sample_fp_mask_from_geojson.tif'));
      const image = await file.getImage();
      const samples = (await image.readRasters({ interleave: true })) as unknown as ArrayLike<number>;
      await file.close();
      const [width, height] = [image.getWidth(), image.getHeight()];
      const mask = Uint8Array.from({ length: width * height }, (_, i) => (samples[i] === 0 ? 0 : 1));
      const traced8 = traceMask(mask, width, height, { connectivity: 8 });
      expect(traced8).toHaveLength(facts!.polygonize_solaris.polygonize_8conn);
      expect(planarArea(traced8.flatMap(({ parts }) => parts))).toBe(33_818);
      expect(traceMask(mask, width, height, { connectivity: 4 })).toHaveLength(
        facts!.polygonize_solaris.polygonize_4conn,
      );
    });
  },
);

const missing = pythonMissing(['rasterio', 'shapely']);

describe.skipIf(missing !== null)(
  `traceMask against GDAL and GEOS${missing === null ? '' : `: skipped, ${missing}`}`,
  () => {
    const oracle =
      missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/geometry_oracle.py')) : null;
    afterAll(() => oracle?.close());

    interface Polygonized {
      label: number;
      area: number;
      holes: number;
      parts: number;
      validHoles: number;
      vertices: [number, number][];
    }
    const key = (label: number, area: number, parts: number, holes: number, vertices: string[]) =>
      `${label}: ${area} px, ${parts} parts, ${holes} holes, ${vertices.join(' / ')}`;

    it.each(maskKinds.flatMap((kind) => connectivities.map((connectivity) => ({ kind, connectivity }))))(
      '$kind, $connectivity-connected: the same polygons, vertex sets too, all valid',
      async ({ kind, connectivity }) => {
        const [width, height] = [120, 90];
        const mask = makeMask(kind, width, height, 11);
        const traced = traceMask(mask, width, height, { connectivity });
        const reply = await oracle?.ask({ op: 'polygonize', mask: [...mask], width, height, connectivity });
        const expected = (reply?.['polygons'] as Polygonized[]).map((polygon) =>
          key(
            polygon.label,
            polygon.area,
            polygon.parts,
            connectivity === 4 ? polygon.holes : polygon.validHoles,
            polygon.vertices.map(([x, y]) => `${x} ${y}`).sort(),
          ),
        );
        const got = traced.map((polygon) =>
          key(polygon.label, planarArea(polygon.parts), polygon.parts.length, holesOf(polygon), verticesOf(polygon)),
        );
        expect(got.sort()).toEqual(expected.sort());

        for (const { parts } of traced) {
          const polygons = parts.map(({ rings }) =>
            rings.map((ring) => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!])),
          );
          const checked = await oracle?.ask({ op: 'check', polygons });
          expect(checked).toMatchObject({ invalid: [], together: 'Valid Geometry' });
        }
      },
    );
  },
);
