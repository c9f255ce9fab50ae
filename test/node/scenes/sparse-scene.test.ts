/** A scene that is mostly empty: what was never written is passed over, and nothing else is different. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import type { RasterReader } from '../../../src-main/core/ports.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import { openRaster } from '../../../src-main/core/raster/open-raster.ts';
import { fakeReasoner, fakeSegmenter, fakeWriter } from '../../support/fake-ports.ts';
import { makeTiff } from '../../support/make-tiff.ts';
import { fakeContext, segmentInput } from '../../support/segment-input.ts';

const side = 2048;
const blockSide = 256;
const blocksAcross = side / blockSide;
/** Blocks with something on them: the first one, some in the middle, one at the end of a row; whole rows are empty, the last one too. */
const written = [0, 26, 27, 34, 39];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-sparse-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const blockAt = (x: number, y: number): number => Math.floor(y / blockSide) * blocksAcross + Math.floor(x / blockSide);

/** Ground where blocks are written, nodata elsewhere. */
async function writeScene(name: string, sparseBlocks: number[]): Promise<string> {
  const path = join(folder, name);
  const value = (x: number, y: number, band: number): number =>
    written.includes(blockAt(x, y)) ? 60 + ((Math.imul(x * 73 + y * 179 + band, 0x9e3779b1) >>> 24) % 90) : 0;
  const recipe = { width: side, height: side, bands: 3, photometric: 2, tile: blockSide, texts: { 42113: '0' } };
  await writeFile(path, makeTiff({ ...recipe, sparseBlocks, value }));
  return path;
}

/** Counts what is read of a scene. */
function countingReader(): RasterReader & { reads: number } {
  const reader = {
    reads: 0,
    open: async (path: string, signal: AbortSignal) => {
      const source = await openRaster(path, signal);
      return {
        info: source.info,
        crs: source.crs,
        transform: source.transform,
        knownEmpty: source.knownEmpty.bind(source),
        readWindow: (...request: Parameters<typeof source.readWindow>) => {
          reader.reads++;
          return source.readWindow(...request);
        },
        close: () => source.close(),
      };
    },
  };
  return reader;
}

async function ask(path: string) {
  const rasters = countingReader();
  const writer = fakeWriter();
  const reasoner = fakeReasoner(
    // One object in the middle of each tile, one that its right edge cuts.
    '<think>Two.</think><answer>[{"bbox_2d":[100,100,150,150]},{"bbox_2d":[230,20,280,60]}]</answer>',
  );
  const told: number[] = [];
  const { scale } = await runQuery(
    {
      rasters,
      writer,
      digestFile: sha256OfFile,
      loadReasoner: () => Promise.resolve(reasoner),
      loadSegmenter: () => Promise.resolve(fakeSegmenter()),
    },
    segmentInput(path, {
      question: 'every roof',
      mode: 'reference',
      scale: { name: 'tiles', gsdM: null, overlapPx: 70 },
      outputPaths: [`${path}.gpkg`],
    }),
    fakeContext(0),
    {
      signal: new AbortController().signal,
      onProgress: ({ stage, done, total }) => {
        if (stage === 'segmenting' && total !== undefined && done !== undefined) {
          told.push(done / total);
        }
      },
    },
  );
  return {
    scale,
    features: writer.written[0]?.features,
    reads: rasters.reads,
    questions: reasoner.questions.length,
    told,
  };
}

it('is answered as one that has its nodata written down, without reading what is not there', async () => {
  const allBlocks = Array.from({ length: blocksAcross ** 2 }, (_, block) => block);
  const dense = await ask(await writeScene('dense.tif', []));
  const sparse = await ask(
    await writeScene(
      'sparse.tif',
      allBlocks.filter((block) => !written.includes(block)),
    ),
  );
  expect(sparse.scale).toEqual(dense.scale);
  expect(sparse.scale).toMatchObject({ name: 'tiles', tiles: 100, failed: 0 });
  expect(sparse.questions).toBeGreaterThan(10);
  expect(sparse.features).toEqual(dense.features);
  expect(sparse.features?.length).toBeGreaterThan(10);
  expect(sparse.questions).toBe(dense.questions);
  // The dense one has every tile read.
  expect(dense.reads).toBeGreaterThanOrEqual(100);
  expect(sparse.reads).toBeLessThan(dense.reads - 50);
  expect([...sparse.told].sort((a, b) => a - b)).toEqual(sparse.told);
});
