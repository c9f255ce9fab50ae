import { afterAll, describe, expect, it } from 'vitest';

import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { PolygonRings } from '../../../src-main/core/ports.ts';
import { affinePolygons } from '../../../src-main/core/vector/affine-polygons.ts';
import { planarArea } from '../../../src-main/core/geometry/planar.ts';
import { simplifyPolygons } from '../../../src-main/core/vector/simplify.ts';
import { traceMask } from '../../../src-main/core/vector/trace-mask.ts';
import { cross, whyInvalid } from '../../support/polygon-validity.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { makeMask, maskKinds, type MaskKind } from '../../support/synthetic-masks.ts';

const toPolygons = (mask: Uint8Array, width: number, height: number) =>
  traceMask(mask, width, height, { connectivity: 4 }).map(({ parts }) => [...parts]);

/** Samples of a mask raised by one: no background, so that neighbours cover the frame. */
const covering = (kind: MaskKind, width: number, height: number, seed: number) =>
  makeMask(kind, width, height, seed).map((value) => value + 1);

const vertexCount = (instances: readonly (readonly PolygonRings[])[]) =>
  instances.flat().reduce((sum, { rings }) => sum + rings.reduce((count, ring) => count + ring.length / 2, 0), 0);

/** Greatest distance of the points of `from` to the edges of `to`. */
function greatestDistance(from: PolygonRings, to: PolygonRings): number {
  let greatest = 0;
  for (const ring of from.rings) {
    for (let i = 0; i < ring.length; i += 2) {
      let least = Infinity;
      for (const other of to.rings) {
        for (let j = 0; j < other.length; j += 2) {
          const k = (j + 2) % other.length;
          const [ax, ay, dx, dy] = [other[j]!, other[j + 1]!, other[k]! - other[j]!, other[k + 1]! - other[j + 1]!];
          const t = Math.max(0, Math.min(1, ((ring[i]! - ax) * dx + (ring[i + 1]! - ay) * dy) / (dx * dx + dy * dy)));
          least = Math.min(least, Math.hypot(ring[i]! - ax - t * dx, ring[i + 1]! - ay - t * dy));
        }
      }
      greatest = Math.max(greatest, least);
    }
  }
  return greatest;
}

const cases = maskKinds.flatMap((kind) =>
  [0.8, 1.5, 4].flatMap((tolerance) => [1, 2].map((seed) => ({ kind, tolerance, seed }))),
);

describe('simplifyPolygons', () => {
  it('returns the same polygons for tolerance 0', () => {
    const mask = makeMask('labels', 40, 30, 3);
    const traced = toPolygons(mask, 40, 30);
    expect(simplifyPolygons(traced, 0)).toEqual(traced);
    expect(planarArea(traced.flat())).toBe(mask.filter((value) => value > 0).length);
  });

  it.each(cases)('keeps $kind (seed $seed) valid and apart at $tolerance px', ({ kind, tolerance, seed }) => {
    const traced = toPolygons(makeMask(kind, 30, 22, seed), 30, 22);
    const simplified = simplifyPolygons(traced, tolerance);
    expect(simplified.map((polygons) => polygons.map(({ rings }) => rings.length))).toEqual(
      traced.map((polygons) => polygons.map(({ rings }) => rings.length)),
    );
    expect(
      simplified
        .flat()
        .map(whyInvalid)
        .filter((reason) => reason !== null),
    ).toEqual([]);
    simplified.flat().forEach((polygon, i, all) => {
      expect(all.slice(i + 1).some((other) => cross(polygon, other))).toBe(false);
      expect(greatestDistance(traced.flat()[i]!, polygon)).toBeLessThanOrEqual(tolerance + 1e-9);
    });
  });

  it.each(['labels', 'blobs', 'noise'] as const)('keeps neighbours seamless: %s covers its frame', (kind) => {
    const traced = toPolygons(covering(kind, 120, 90, 5), 120, 90);
    const simplified = simplifyPolygons(traced, 1.5);
    expect(vertexCount(simplified)).toBeLessThan(0.9 * vertexCount(traced));
    // Corners of the frame are corners of one instance only and may be cut, by less than the tolerance each.
    expect(planarArea(simplified.flat())).toBeLessThanOrEqual(120 * 90);
    expect(planarArea(simplified.flat())).toBeGreaterThan(120 * 90 - 4 * 2 * 1.5 ** 2);
  });

  it('simplifies a border once, whichever instance it is seen from', () => {
    const mask = Uint8Array.from({ length: 60 * 60 }, (_, i) => (Math.floor(i / 60) > (i % 60) / 3 + 20 ? 1 : 2));
    const [first, second] = simplifyPolygons(toPolygons(mask, 60, 60), 1);
    const points = (polygons: PolygonRings[] | undefined) => {
      const ring = polygons?.[0]?.rings[0] ?? new Float64Array();
      return Array.from({ length: ring.length / 2 }, (_, i) => `${ring[2 * i]!} ${ring[2 * i + 1]!}`);
    };
    const common = points(first).filter((point) => points(second).includes(point));
    expect(common.length).toBeLessThanOrEqual(4);
    expect(points(first).length + points(second).length - common.length).toBeLessThanOrEqual(4 + common.length);
  });

  it('keeps a staircase straight, a pixel a square and a hole a hole', () => {
    const staircase = Uint8Array.from({ length: 50 * 50 }, (_, i) => (i % 50 <= Math.floor(i / 50) ? 1 : 0));
    expect(vertexCount(simplifyPolygons(toPolygons(staircase, 50, 50), 1))).toBeLessThanOrEqual(6);

    const pixel = simplifyPolygons(toPolygons(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0), 3, 3), 10);
    expect(planarArea(pixel.flat())).toBe(1);

    const ring = simplifyPolygons(toPolygons(Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1), 3, 3), 10);
    expect(ring[0]?.[0]?.rings).toHaveLength(2);
    expect(planarArea(ring.flat())).toBe(8);
  });

  it('does not carry a border over an island beside it', () => {
    // A bay with an island of another instance in it: cutting off the bay would swallow the island.
    const width = 40;
    const mask = Uint8Array.from({ length: width * 20 }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const bay = y < 4 && x > 12 && x < 28;
      const island = y === 2 && x === 20;
      return island ? 2 : bay ? 0 : 1;
    });
    const simplified = simplifyPolygons(toPolygons(mask, width, 20), 6).flat();
    expect(simplified.some((p, i) => simplified.slice(i + 1).some((q) => cross(p, q)))).toBe(false);
    const [land, island] = simplified;
    expect(planarArea(island === undefined ? [] : [island])).toBe(1);
    const bayOutline = [...(land?.rings[0] ?? [])];
    expect(bayOutline.length / 2).toBeGreaterThan(4);
  });

  it('handles overlapping instances on different grids', () => {
    const first = toPolygons(makeMask('blobs', 40, 40, 1), 40, 40).map((p) =>
      affinePolygons(p, [0.75, 0, 3.3, 0, 0.8, 1.7]),
    );
    const second = toPolygons(makeMask('blobs', 40, 40, 2), 40, 40).map((p) => affinePolygons(p, [1, 0, 2, 0, 1, 5]));
    const both = [...first, ...second];
    const simplified = simplifyPolygons(both, 1.2);
    expect(
      simplified
        .flat()
        .map(whyInvalid)
        .filter((reason) => reason !== null),
    ).toEqual([]);
    simplified.flat().forEach((polygon, i) => {
      expect(greatestDistance(both.flat()[i]!, polygon)).toBeLessThanOrEqual(1.2 + 1e-9);
    });
  });

  it('shares the ring between a hole and what fills it', () => {
    const mask = Uint8Array.from({ length: 900 }, (_, i) =>
      Math.hypot((i % 30) - 15, Math.floor(i / 30) - 15) < 9 ? 2 : 1,
    );
    const [outer, inner] = simplifyPolygons(toPolygons(mask, 30, 30), 1);
    const sorted = (ring: Float64Array | undefined) => [...(ring ?? [])].sort((a, b) => a - b);
    expect(sorted(outer?.[0]?.rings[1])).toEqual(sorted(inner?.[0]?.rings[0]));
    expect(sorted(inner?.[0]?.rings[0]).length).toBeLessThan(60);
  });

  it('says so when edges are slanted', () => {
    const slanted = [[{ rings: [Float64Array.of(0, 0, 4, 1, 0, 4)] }]];
    expect(() => simplifyPolygons(slanted, 1)).toThrow(Think2SegError);
  });
});

const missing = pythonMissing(['rasterio', 'shapely']);

describe.skipIf(missing !== null)(
  `simplifyPolygons against GEOS${missing === null ? '' : `: skipped, ${missing}`}`,
  () => {
    const oracle =
      missing === null ? new PythonProcess(`${import.meta.dirname}/../../support/geometry_oracle.py`) : null;
    afterAll(() => oracle?.close());

    it.each(maskKinds.flatMap((kind) => [0.6, 1, 2, 8].map((tolerance) => ({ kind, tolerance }))))(
      '$kind at $tolerance px is valid and nothing overlaps',
      async ({ kind, tolerance }) => {
        const simplified = simplifyPolygons(toPolygons(covering(kind, 150, 110, 7), 150, 110), tolerance).flat();
        const polygons = simplified.map(({ rings }) =>
          rings.map((ring) => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!])),
        );
        expect((await oracle?.ask({ op: 'check', polygons }))?.['invalid']).toEqual([]);
        const { sum, union } = (await oracle?.ask({ op: 'overlap', polygons })) as { sum: number; union: number };
        expect(Math.abs(sum - union)).toBeLessThan(1e-6);
      },
    );
  },
);
