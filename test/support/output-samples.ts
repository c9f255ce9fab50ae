import type { Crs } from '../../src-main/contract/geo.ts';
import type { RunRecord } from '../../src-main/contract/run-record.ts';
import type { OutputFeature, PolygonRings } from '../../src-main/core/ports.ts';

export const question = 'Wo könnte der Hubschrauber landen? 直升机 – “ici” 🚁';

export function polygon(...rings: readonly (readonly number[])[]): PolygonRings {
  return { rings: rings.map((ring) => Float64Array.from(ring)) };
}

/** A square of `side` at `x`, `y` with a square hole in its middle; exterior clockwise on purpose. */
export function squareWithHole(x: number, y: number, side: number): PolygonRings {
  const q = side / 4;
  return polygon(
    [x, y, x, y + side, x + side, y + side, x + side, y],
    [x + q, y + q, x + 3 * q, y + q, x + 3 * q, y + 3 * q, x + q, y + 3 * q],
  );
}

export function feature(instance: number, polygonsMap: readonly PolygonRings[]): OutputFeature {
  return {
    instance,
    polygonsMap,
    question,
    score: 0.875,
    areaM2: 1234.5,
    perimeterM: 200.25,
    prompt: { bbox_2d: [1, 2, 30, 40], positive_points: [[5, 6]] },
  };
}

export function runRecord(crs: Crs | null): RunRecord {
  return {
    schema: 1,
    application: { name: 'think2seg-desktop', version: '0.0.0' },
    createdAt: '2026-11-22T12:00:00.000Z',
    question,
    status: 'ok',
    promptSource: 'prompts-file',
    reasoning: 'Größte freie Fläche = "A" & <B>',
    rawAnswer: null,
    prompts: [],
    promptFrame: { name: 'window-px', width: 10, height: 10 },
    scene: { path: 'scene.tif', bytes: 1, sha256: '0'.repeat(64), width: 10, height: 10, bands: [1, 2, 3] },
    windowPx: { x: 0, y: 0, width: 10, height: 10 },
    windowBoundsMap: null,
    transform: null,
    crs: crs === null ? null : { name: crs.name, wkt: crs.wkt },
    mode: 'native',
    simplifyPx: 0,
    minAreaM2: 0,
    pack: { id: 'nano', version: '0', sha256: '0'.repeat(64) },
    provider: { lvlm: null, segmenter: 'cpu' },
    timingsMs: {},
    warnings: [],
  };
}
