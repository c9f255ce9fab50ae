import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import type { ProgressEvent } from '../../../src-main/contract/progress.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import type { QueryPorts } from '../../../src-main/core/query/query-ports.ts';
import { fakeReader, fakeReasoner, fakeSegmenter, fakeWriter, type FakeRaster } from '../../support/fake-ports.ts';
import { fakeContext, segmentInput } from '../../support/segment-input.ts';

const transform: Geotransform = [0.5, 0, 500_000, 0, -0.5, 5_200_000];
const answerOf = (list: string): string => `<think>Two of them.</think><answer>\`\`\`json${list}\`\`\`</answer>`;
const twoBoxes = answerOf(
  '[{"bbox_2d":[28,28,84,84],"positive_points":[[40,40],[60,60]]},{"bbox_2d":[140,140,280,210],"positive_points":[[150,150],[200,200]]}]',
);

let folder: string;
let rasterPath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-query-'));
  rasterPath = join(folder, 'scene.tif');
  await writeFile(rasterPath, 'the digest is taken of these bytes');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const inputOf = (changes: Partial<SegmentInput>): SegmentInput =>
  segmentInput(rasterPath, { question: 'which roofs?', ...changes });

const context = fakeContext(2);

async function query(
  answer: string,
  changes: Partial<SegmentInput> = {},
  raster: Partial<FakeRaster> = {},
  signal = new AbortController().signal,
) {
  const crs = await crsFromEpsg(32633);
  const reader = fakeReader({ width: 280, height: 280, crs, transform, ...raster });
  const reasoner = fakeReasoner(answer);
  const segmenter = fakeSegmenter();
  const writer = fakeWriter();
  const loaded: string[] = [];
  const ports: QueryPorts = {
    rasters: reader,
    writer,
    digestFile: sha256OfFile,
    loadReasoner: () => {
      loaded.push('reasoner');
      return Promise.resolve(reasoner);
    },
    loadSegmenter: () => {
      loaded.push('segmenter');
      return Promise.resolve(segmenter);
    },
  };
  const events: ProgressEvent[] = [];
  const running = runQuery(ports, inputOf(changes), context, { signal, onProgress: (event) => events.push(event) });
  return { running, reader, reasoner, segmenter, writer, loaded, events };
}

describe('runQuery', () => {
  it.each(['native', 'reference'] as const)('turns boxes into measured polygons in %s mode', async (mode) => {
    const { running, writer, reader, events } = await query(twoBoxes, { mode, outputPaths: [join(folder, 'a.gpkg')] });
    const result = await running;
    expect(result).toMatchObject({ status: 'ok', features: 2, reasoning: 'Two of them.', mode });
    // 56 x 56 and 140 x 70 pixels of 0.25 m2; the grid of UTM differs from the ellipsoid by under 0.1 %.
    expect(result.areaM2).toBeGreaterThan((56 * 56 + 140 * 70) * 0.25 * 0.999);
    expect(result.areaM2).toBeLessThan((56 * 56 + 140 * 70) * 0.25 * 1.001);
    const [first] = writer.written[0]?.features ?? [];
    const xs = first?.polygonsMap.flatMap(({ rings }) =>
      rings.flatMap((ring) => [...ring].filter((_, i) => i % 2 === 0)),
    );
    expect([Math.min(...(xs ?? [])), Math.max(...(xs ?? []))]).toEqual([500_014, 500_042]);
    expect(reader.closed).toBe(1);
    expect([...new Set(events.map(({ stage }) => stage))]).toEqual([
      'reading',
      'loading',
      'thinking',
      'placing',
      'segmenting',
      'outlining',
      'writing',
    ]);
  });

  it('gives the same polygons whatever the window, as far as the prompt means the same place', async () => {
    const whole = await query(twoBoxes);
    await whole.running;
    const prompts = [{ bbox_2d: [10, 20, 60, 50] as [number, number, number, number] }];
    const inWindow = await query('', {
      promptSource: { kind: 'prompts', promptsWindowPx: prompts },
      target: { kind: 'window', windowPx: { x: 100, y: 100, width: 100, height: 100 } },
      outputPaths: [join(folder, 'w.gpkg')],
    });
    const inScene = await query('', {
      promptSource: { kind: 'prompts', promptsWindowPx: [{ bbox_2d: [110, 120, 160, 150] }] },
      outputPaths: [join(folder, 's.gpkg')],
      // Both run at once.
      scratchName: '.think2seg-second',
    });
    await inWindow.running;
    await inScene.running;
    expect(inWindow.writer.written[0]?.features[0]?.polygonsMap).toEqual(
      inScene.writer.written[0]?.features[0]?.polygonsMap,
    );
  });

  it('takes "no target found" as an answer: no segmenter, an empty layer, reasoning kept', async () => {
    const { running, loaded, writer } = await query(answerOf('[]'), { outputPaths: [join(folder, 'none.geojson')] });
    expect(await running).toMatchObject({ status: 'no-target', features: 0, areaM2: 0, reasoning: 'Two of them.' });
    expect(loaded).toEqual(['reasoner']);
    expect(writer.written[0]).toMatchObject({ features: [], runRecord: { status: 'no-target' } });
  });

  it('replays a saved answer without a language model', async () => {
    const { running, loaded } = await query('', { promptSource: { kind: 'answer', text: twoBoxes } });
    expect(await running).toMatchObject({ features: 2, provider: { lvlm: null, segmenter: 'cpu' } });
    expect(loaded).toEqual(['segmenter']);
  });

  it('keeps the prompt as it was parsed and clips what is segmented', async () => {
    const wide = answerOf('[{"bbox_2d":[200,200,400,400],"positive_points":[[210,210],[390,390]]}]');
    const { running, segmenter } = await query(wide, { mode: 'reference' });
    expect((await running).prompts[0]?.bbox_2d).toEqual([200, 200, 400, 400]);
    expect(segmenter.prompts[0]).toMatchObject({
      boxImagePx: [200, 200, 280, 280],
      positivePointsImagePx: [[210, 210]],
    });
  });

  it.each(['native', 'reference'] as const)('keeps nodata out of the polygons in %s mode', async (mode) => {
    const box = answerOf('[{"bbox_2d":[0,0,100,100],"positive_points":[[5,5],[9,9]]}]');
    const { running } = await query(box, { mode }, { isValid: (x) => x >= 50 });
    const { areaM2 } = await running;
    expect(areaM2).toBeGreaterThan(50 * 100 * 0.25 * 0.999);
    expect(areaM2).toBeLessThan(50 * 100 * 0.25 * 1.001);
  });

  it('drops parts under the minimum area and says that a prompt gave nothing', async () => {
    const { running } = await query(twoBoxes, { minAreaM2: 1000 });
    const result = await running;
    expect(result.features).toBe(1);
    expect(result.warnings.join()).toContain('1 of 2 prompts gave no polygon');
  });

  it('works without a CRS and says what the coordinates are', async () => {
    const { running, writer } = await query(
      twoBoxes,
      { outputPaths: [join(folder, 'p.geojson')] },
      { crs: null, transform: null },
    );
    const result = await running;
    expect(result.areaM2).toBeNull();
    expect(result.warnings.join()).toContain('no coordinate reference system');
    const ring = writer.written[0]?.features[0]?.polygonsMap[0]?.rings[0] ?? new Float64Array();
    expect(Math.min(...ring)).toBe(-84);
    expect(Math.max(...ring)).toBe(84);
  });

  it('draws the overlay and writes the mask of the window, and leaves no scratch folder', async () => {
    const { running } = await query(twoBoxes, {
      overlayPath: join(folder, 'o.png'),
      maskPath: join(folder, 'm.tif'),
    });
    expect((await running).outputs).toEqual(expect.arrayContaining([join(folder, 'o.png'), join(folder, 'm.tif')]));
    const names = await readdir(folder);
    expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
    const png = PNG.sync.read(await readFile(join(folder, 'o.png')));
    expect([png.width, png.height]).toEqual([840, 840]);
    // Inside the first box the colour is mixed with the tint, outside it is the raster's own.
    expect([...png.data.subarray((5 * 840 + 5) * 4, (5 * 840 + 5) * 4 + 3)]).toEqual([1, 1, 2]);
    expect(png.data[(150 * 840 + 150) * 4]).toBeGreaterThan(100);
  });

  it.each<[string, string, string, Partial<SegmentInput>, Partial<FakeRaster>]>([
    ['prose', 'I see no tags here', 'ANSWER_MALFORMED', {}, {}],
    ['an unknown band', twoBoxes, 'BAND_UNKNOWN', { bands: [1, 2, 9] }, {}],
    ['a window without valid pixels', twoBoxes, 'WINDOW_NO_DATA', {}, { isValid: () => false }],
  ])('refuses %s', async (_, answer, code, changes, raster) => {
    const { running } = await query(answer, changes, raster);
    await expect(running).rejects.toMatchObject({ code });
  });

  it('reads the raster for its sum while the models run, and fails where it cannot', async () => {
    const crs = await crsFromEpsg(32633);
    let tell: (failure: Error) => void = () => undefined;
    const order: string[] = [];
    const writer = fakeWriter();
    const ports: QueryPorts = {
      rasters: fakeReader({ width: 280, height: 280, crs, transform }),
      writer,
      digestFile: () => {
        order.push('digest');
        return new Promise((_, reject) => {
          tell = reject;
        });
      },
      loadReasoner: () => {
        order.push('reasoner');
        return Promise.resolve(fakeReasoner(twoBoxes));
      },
      loadSegmenter: () => {
        order.push('segmenter');
        tell(new Think2SegError('INPUT_NOT_READABLE', 'the disk went away'));
        return Promise.resolve(fakeSegmenter());
      },
    };
    const input = inputOf({ outputPaths: [join(folder, 'x.gpkg')] });
    const caller = { signal: new AbortController().signal, onProgress: () => undefined };
    await expect(runQuery(ports, input, context, caller)).rejects.toMatchObject({ code: 'INPUT_NOT_READABLE' });
    expect(order).toEqual(['digest', 'reasoner', 'segmenter']);
    expect(writer.written).toEqual([]);
    expect(await readdir(folder)).toEqual(['scene.tif']);
  });

  it('stops when it is told to, between any two steps', async () => {
    for (const stage of ['reading', 'loading', 'thinking', 'placing', 'segmenting', 'outlining', 'writing'] as const) {
      const controller = new AbortController();
      const crs = await crsFromEpsg(32633);
      const ports: QueryPorts = {
        rasters: fakeReader({ width: 280, height: 280, crs, transform }),
        writer: fakeWriter(),
        digestFile: sha256OfFile,
        loadReasoner: () => Promise.resolve(fakeReasoner(twoBoxes)),
        loadSegmenter: () => Promise.resolve(fakeSegmenter()),
      };
      const input = inputOf({ overlayPath: join(folder, `${stage}.png`), outputPaths: [join(folder, 'x.gpkg')] });
      const running = runQuery(ports, input, context, {
        signal: controller.signal,
        onProgress: (event) => {
          if (event.stage === stage) {
            controller.abort();
          }
        },
      });
      await expect(running, stage).rejects.toMatchObject({ name: 'AbortError' });
      expect(await readdir(folder), stage).toEqual(['scene.tif']);
    }
  });
});
