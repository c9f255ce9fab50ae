/** What the run record of tiles says, with models that obey. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import { fakeReader, fakeReasoner, fakeSegmenter, fakeWriter } from '../../support/fake-ports.ts';
import { fakeContext, segmentInput } from '../../support/segment-input.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-tiled-record-'));
  await writeFile(join(folder, 'scene.tif'), 'the digest is taken of these bytes');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const answerText = '<think>One.</think><answer>[{"bbox_2d":[100,100,150,150]}]</answer>';

async function ask(
  epsg: number | null,
  scaleName: 'whole' | 'tiles' | 'auto',
  changes: Partial<SegmentInput> = {},
): Promise<SegmentResult> {
  const input = segmentInput(join(folder, 'scene.tif'), {
    question: 'every roof',
    ...changes,
    scale: { name: scaleName, gsdM: null, overlapPx: 0 },
  });
  const crs = epsg === null ? null : await crsFromEpsg(epsg);
  return runQuery(
    {
      rasters: fakeReader({ width: 560, height: 280, crs, transform: [0.5, 0, 3_500_000, 0, -0.5, 5_200_000] }),
      writer: fakeWriter(),
      digestFile: sha256OfFile,
      loadReasoner: () => Promise.resolve(fakeReasoner(answerText)),
      loadSegmenter: () => Promise.resolve(fakeSegmenter()),
    },
    input,
    fakeContext(0),
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
}

describe('the run record of tiles', () => {
  it.each([
    ['how far a datum shift may be off', 31467, /^WGS 84 coordinates may be off by/],
    ['that areas are not measured without a reference system', null, /areas are not measured/],
  ])('says %s, as that of one picture does', async (_, epsg, note) => {
    const [tiles, whole] = [await ask(epsg, 'tiles'), await ask(epsg, 'whole')];
    expect(tiles.scale).toMatchObject({ name: 'tiles', tiles: 2 });
    expect(tiles.warnings).toEqual([expect.stringMatching(note)]);
    expect(tiles.warnings).toEqual(whole.warnings);
  });

  it('warns where the question compares what tiles cannot, as nothing does where one picture is asked', async () => {
    const question = 'the northernmost roof';
    expect((await ask(32633, 'tiles', { question })).warnings).toEqual([
      '"northernmost" compares across the whole place, but each tile was asked by itself: there may be an answer from each; --scale whole compares',
    ]);
    expect((await ask(32633, 'whole', { question })).warnings).toEqual([]);
  });

  it.each<[string, SegmentInput['promptSource'], string]>([
    [
      'prompts',
      { kind: 'prompts', promptsWindowPx: [{ bbox_2d: [100, 100, 150, 150] }] },
      'the prompts were given, and are of the whole place',
    ],
    ['an answer', { kind: 'answer', text: answerText }, 'the answer was given, and is about the whole place'],
  ])('take the whole place for %s that was given where the scale is chosen', async (_, promptSource, reason) => {
    expect((await ask(32633, 'auto', { promptSource })).scale).toEqual({ name: 'whole', reason });
    await expect(ask(32633, 'tiles', { promptSource })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('has no such note where there is nothing to say', async () => {
    expect((await ask(32633, 'tiles')).warnings).toEqual([]);
  });
});
