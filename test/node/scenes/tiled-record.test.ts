/** What the run record of tiles says, with models that obey. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

async function ask(epsg: number | null, scaleName: 'whole' | 'tiles'): Promise<SegmentResult> {
  const input = segmentInput(join(folder, 'scene.tif'), {
    question: 'every roof',
    scale: { name: scaleName, gsdM: null, overlapPx: 0 },
  });
  const crs = epsg === null ? null : await crsFromEpsg(epsg);
  const box = '<think>One.</think><answer>[{"bbox_2d":[100,100,150,150]}]</answer>';
  return runQuery(
    {
      rasters: fakeReader({ width: 560, height: 280, crs, transform: [0.5, 0, 3_500_000, 0, -0.5, 5_200_000] }),
      writer: fakeWriter(),
      digestFile: sha256OfFile,
      loadReasoner: () => Promise.resolve(fakeReasoner(box)),
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

  it('has no such note where there is nothing to say', async () => {
    expect((await ask(32633, 'tiles')).warnings).toEqual([]);
  });
});
