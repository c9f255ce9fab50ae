/** Small documents for tests of the window's state. */
import type { DrawnInstance } from '../../src-main/contract/drawn-instance.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import type { RunRecord } from '../../src-main/contract/run-record.ts';
import { newInstance, noRefinement, type RasterLayer, type Result } from '../../src-renderer/state/document.ts';

export function squareInstance(
  sidePx: number,
  promptScenePx: Prompt = { bbox_2d: [0, 0, sidePx, sidePx] },
): DrawnInstance {
  return {
    promptScenePx,
    polygonsMap: [{ rings: [[0, 0, 0, -sidePx, sidePx, -sidePx, sidePx, 0]] }],
    score: 0.5,
    areaM2: sidePx * sidePx,
    perimeterM: 4 * sidePx,
  };
}

export function someRaster(id = 'raster-1', path = '/data/scene.tif'): RasterLayer {
  const channel = { low: 0, high: 255 };
  return { id, path, visible: true, opacity: 1, rgbBands: [1, 2, 3], stretch: [channel, channel, channel] };
}

export function someResult(id: string, sidesPx: readonly number[], changes: Partial<Result> = {}): Result {
  return {
    id,
    name: id,
    question: `what is ${id}?`,
    rasterId: 'raster-1',
    windowPx: { x: 0, y: 0, width: 100, height: 100 },
    visible: true,
    opacity: 1,
    color: '#d81b60',
    refinement: noRefinement,
    fields: [],
    instances: sidesPx.map((side, index) => newInstance(squareInstance(side), `${id}-${index + 1}`, 'model')),
    runRecord: someRunRecord(`what is ${id}?`),
    ...changes,
  };
}

export function someRunRecord(question: string, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    schema: 1,
    application: { name: 'think2seg', version: '0.1.0' },
    createdAt: '2026-01-02T03:04:05.000Z',
    question,
    status: 'ok',
    promptSource: 'model',
    reasoning: 'The square is the only candidate.',
    rawAnswer: '<think>The square is the only candidate.</think><answer>[]</answer>',
    prompts: [],
    promptFrame: { name: 'model-frame-px', width: 280, height: 280 },
    scene: { path: '/data/scene.tif', bytes: 10, sha256: 'a'.repeat(64), width: 100, height: 100, bands: [1, 2, 3] },
    windowPx: { x: 0, y: 0, width: 100, height: 100 },
    windowBoundsMap: [0, -100, 100, 0],
    transform: [1, 0, 0, 0, -1, 0],
    crs: { epsg: 32633, name: 'WGS 84 / UTM zone 33N', wkt: '' },
    mode: 'native',
    simplifyPx: 0,
    minAreaM2: 0,
    pack: { id: 'nano', version: '1.0.0', sha256: 'b'.repeat(64) },
    provider: { lvlm: 'cpu', segmenter: 'cpu' },
    timingsMs: { decode: 12.5 },
    warnings: [],
    ...changes,
  };
}
