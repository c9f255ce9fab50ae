/**
 * A scene in tiles against the same scene in one window, with the embedded segmenter. The prompts are known (labels, or boxes drawn by
 * hand) and given by a script in place of the language model, once by every tile that sees an object and once by one tile alone
 * (or a window that sees more of it), each cut at the edges of what it sees: what is measured is what tiles do to objects, not how well a model finds them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowPx } from '../../../src-main/contract/geo.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import type { ScaleRecord } from '../../../src-main/contract/run-record.ts';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { loadPack } from '../../../src-main/core/pack/load-pack.ts';
import type {
  OutputFeature,
  PolygonRings,
  RasterReader,
  Segmenter,
  WriteRequest,
} from '../../../src-main/core/ports.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import type { QueryContext } from '../../../src-main/core/query/query-ports.ts';
import { readSceneView } from '../../../src-main/core/query/scene-view.ts';
import { stepOptions } from '../../../src-main/core/query/step-options.ts';
import { openRaster } from '../../../src-main/core/raster/open-raster.ts';
import { planScene } from '../../../src-main/core/scenes/plan-scene.ts';
import { createSegmenter } from '../../../src-main/core/segment/segmenter.ts';
import { burnShapes } from '../../../src-main/core/shape/burn-instances.ts';
import { affinePolygons } from '../../../src-main/core/vector/affine-polygons.ts';
import { planarArea } from '../../../src-main/core/geometry/planar.ts';
import { fakeWriter } from '../../support/fake-ports.ts';
import { labelledScenes } from '../../support/labelled-scenes.ts';
import { proceduralScene } from '../../support/procedural-scene.ts';
import { promptOfBox, scriptedReasoner, type Reporting, type SceneBox } from '../../support/scripted-tiles.ts';
import { sharedDataMissing } from '../../support/shared-data.ts';

/** Printed at the end: what the numbers of a run were. */
const measured: string[] = [];
const packDirectory = resolve(import.meta.dirname, '../../../models/nano');
let folder: string;
let segmenter: Segmenter;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-tiles-'));
  const { models, directory } = await loadPack(packDirectory);
  segmenter = await createSegmenter(
    {
      directory: join(directory, 'segmenter'),
      visionEncoder: models.segmenterVision[0]!.path,
      maskDecoder: models.segmenterDecoder[0]!.path,
    },
    { provider: 'cpu', threads: 1 },
  );
});

afterAll(async () => {
  process.stdout.write(`${measured.join('\n')}\n`);
  await segmenter.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Work {
  readonly rasterPath: string;
  readonly boxes: readonly SceneBox[];
  /** Side of the picture of a tile, at one scene pixel to a pixel. */
  readonly tilePx: number;
  readonly overlapPx: number;
}

interface Outcome {
  readonly features: readonly OutputFeature[];
  readonly partsScenePx: readonly (readonly PolygonRings[])[];
  readonly scale: ScaleRecord | undefined;
}

async function run({ rasterPath, boxes, tilePx, overlapPx }: Work, reporting: Reporting | null): Promise<Outcome> {
  const frame = { width: tilePx, height: tilePx };
  const context: QueryContext = {
    application: { name: 'think2seg', version: '0' },
    pack: { id: 'nano', version: '0', sha256: '0' },
    frame,
    answerSchema: { positivePoints: 1, negativePoints: 0 },
    providerNote: () => undefined,
  };
  const scale = { name: 'tiles' as const, gsdM: null, overlapPx };
  const input: SegmentInput = {
    rasterPath,
    question: 'every object',
    target: { kind: 'scene' },
    bands: null,
    promptSource: reporting === null ? { kind: 'prompts', promptsWindowPx: boxes.map(promptOfBox) } : { kind: 'model' },
    packDirectory,
    provider: 'cpu',
    threads: 1,
    mode: 'native',
    ...(reporting === null ? {} : { scale }),
    simplifyPx: 0,
    minAreaM2: 0,
    connectivity: 4,
    outputPaths: [join(folder, 'out.gpkg')],
    maskPath: null,
    overlayPath: null,
    overwrite: true,
    scratchName: '.think2seg-test',
  };
  const caller = { signal: new AbortController().signal, onProgress: () => undefined };
  const source = await openRaster(rasterPath, caller.signal);
  const view = await readSceneView(source, input, { frame, keptCrops: 0 }, stepOptions(caller));
  const plan = planScene(source, view, frame, scale);
  const windowsPx: WindowPx[] = [];
  const reasoner = scriptedReasoner(view, plan, frame, boxes, reporting ?? 'every-tile', windowsPx);
  const writer = fakeWriter();
  const result = await runQuery(
    {
      rasters: noting(windowsPx),
      writer,
      digestFile: sha256OfFile,
      loadReasoner: () => Promise.resolve(reasoner),
      loadSegmenter: () => Promise.resolve(segmenter),
    },
    input,
    context,
    caller,
  );
  const { features } = writer.written[0] as WriteRequest;
  const [a, b, c, d, e, f] = source.transform ?? [1, 0, 0, 0, -1, 0];
  await source.close();
  const det = a * e - b * d;
  const toScene = [e / det, -b / det, (b * f - e * c) / det, -d / det, a / det, (d * c - a * f) / det] as const;
  return {
    features,
    partsScenePx: features.map(({ polygonsMap }) => affinePolygons(polygonsMap, toScene)),
    scale: result.scale,
  };
}

/** Reads as the program does, and notes what. */
function noting(windowsPx: WindowPx[]): RasterReader {
  return {
    open: async (path, signal) => {
      const source = await openRaster(path, signal);
      return {
        info: source.info,
        crs: source.crs,
        knownEmpty: (toLookAtPx, bands) => source.knownEmpty(toLookAtPx, bands),
        transform: source.transform,
        readWindow: (request, readSignal) => {
          windowsPx.push(request.windowPx);
          return source.readWindow(request, readSignal);
        },
        close: () => source.close(),
      };
    },
  };
}

function unionIou(a: Outcome, b: Outcome, width: number, height: number): number {
  const windowPx = { x: 0, y: 0, width, height };
  const inA = burnShapes(a.partsScenePx, windowPx);
  const inB = burnShapes(b.partsScenePx, windowPx);
  let [shared, all] = [0, 0];
  inA.forEach((label, pixel) => {
    const other = inB[pixel]!;
    shared += label > 0 && other > 0 ? 1 : 0;
    all += label > 0 || other > 0 ? 1 : 0;
  });
  return shared / all;
}

async function compare(work: Work, name: string): Promise<void> {
  const source = await openRaster(work.rasterPath, new AbortController().signal);
  const { info } = source;
  await source.close();
  const single = await run(work, null);
  for (const reporting of ['every-tile', 'one-tile'] as const) {
    const tiled = await run(work, reporting);
    const iou = unionIou(single, tiled, info.width, info.height);
    const leastPartPx = Math.min(...tiled.partsScenePx.flat().map((polygon) => Math.abs(planarArea([polygon]))));
    measured.push(`${name}, ${reporting}: ${tiled.features.length} objects, union IoU ${iou.toFixed(4)}`);
    expect.soft(tiled.features.length, `${name}, ${reporting}: number of objects`).toBe(single.features.length);
    expect.soft(iou, `${name}, ${reporting}`).toBeGreaterThanOrEqual(0.98);
    // Areas come back from map coordinates.
    expect.soft(leastPartPx).toBeGreaterThanOrEqual(4 - 1e-6);
    // Nothing was left at the edge of a tile.
    expect.soft(tiled.scale).toMatchObject({ name: 'tiles', seams: { leftCut: 0 } });
  }
}

describe('tiles against one window', { timeout: 120_000 }, () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('agree on procedural scene %i', async (seed) => {
    const { tiff, boxes } = proceduralScene(seed, 200, 50);
    const rasterPath = join(folder, `procedural-${seed}.tif`);
    await writeFile(rasterPath, tiff);
    await compare({ rasterPath, boxes, tilePx: 200, overlapPx: 50 }, `procedural ${seed}`);
  });
});

describe.skipIf(sharedDataMissing !== null)(`tiles against one window, on real scenes (${sharedDataMissing})`, () => {
  it.each(labelledScenes)('agree on $name', async ({ rasterPath, boxes, tilePx, name }) => {
    await compare({ rasterPath, boxes: await boxes(), tilePx, overlapPx: Math.round(tilePx / 4) }, name);
  });
});
