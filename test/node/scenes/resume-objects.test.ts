/** What a run that ended before its output was written leaves to the next: tiles that were asked and objects that were made whole. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import type { FeatureWriter } from '../../../src-main/core/ports.ts';
import { fakeReader, fakeReasoner, fakeSegmenter, fakeWriter } from '../../support/fake-ports.ts';
import { fakeContext, segmentInput } from '../../support/segment-input.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-resume-'));
  await writeFile(join(folder, 'scene.tif'), 'the digest is taken of these bytes');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every picture has an object in its middle and one that its right edge cuts. */
const answer = '<think>Two.</think><answer>[{"bbox_2d":[100,100,150,150]},{"bbox_2d":[250,20,280,60]}]</answer>';

async function ask(writer: FeatureWriter, outputName: string, onNote?: (note: string | undefined) => void) {
  const input = segmentInput(join(folder, 'scene.tif'), {
    question: 'every roof',
    scale: { name: 'tiles', gsdM: null, overlapPx: 0 },
    outputPaths: [join(folder, outputName)],
    overwrite: true,
  });
  const reasoner = fakeReasoner(answer);
  const segmenter = fakeSegmenter();
  const running = runQuery(
    {
      rasters: fakeReader({ width: 560, height: 280, crs: await crsFromEpsg(32633), transform: [1, 0, 0, 0, -1, 0] }),
      writer,
      digestFile: sha256OfFile,
      loadReasoner: () => Promise.resolve(reasoner),
      loadSegmenter: () => Promise.resolve(segmenter),
    },
    input,
    fakeContext(0),
    { signal: new AbortController().signal, onProgress: ({ note }) => onNote?.(note) },
  );
  return { running, reasoner, segmenter };
}

async function journalPath(): Promise<string | undefined> {
  const [name] = (await readdir(folder)).filter((entry) => entry.startsWith('.think2seg-tiles-'));
  return name === undefined ? undefined : join(folder, name);
}

async function journalLines(): Promise<string[]> {
  const path = await journalPath();
  return path === undefined ? [] : (await readFile(path, 'utf8')).trimEnd().split('\n');
}

it('asks and segments nothing again', async () => {
  const plain = fakeWriter();
  const first = await ask(plain, 'plain.gpkg');
  await first.running;
  // Two tiles, and the object that the first one cuts off.
  expect(first.reasoner.questions.length).toBeGreaterThan(2);
  const broken: FeatureWriter = { write: () => Promise.reject(new Error('the disk went away')) };
  await expect((await ask(broken, 'again.gpkg')).running).rejects.toThrow('the disk went away');
  const lines = await journalLines();
  expect(lines.filter((line) => line.startsWith('{"tile"'))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith('{"object"'))).toHaveLength(1);

  const resumed = fakeWriter();
  const again = await ask(resumed, 'again.gpkg');
  await again.running;
  expect(again.reasoner.questions).toEqual([]);
  expect(again.segmenter.encoded).toEqual([]);
  expect(resumed.written[0]?.features).toEqual(plain.written[0]?.features);
  expect(await journalLines()).toEqual([]);
});

it('asks again from the first damaged line on, and says so', async () => {
  const broken: FeatureWriter = { write: () => Promise.reject(new Error('the disk went away')) };
  await expect((await ask(broken, 'damaged.gpkg')).running).rejects.toThrow('the disk went away');
  const path = await journalPath();
  const [first = ''] = await journalLines();
  await writeFile(path ?? '', `${first}\n\0\0\0\n${first}\n`);
  const notes: (string | undefined)[] = [];
  const again = await ask(fakeWriter(), 'damaged.gpkg', (note) => notes.push(note));
  await again.running;
  expect(again.reasoner.questions.length).toBeGreaterThan(0);
  expect(notes).toContain(
    'line 2 of the answers that an earlier run kept is damaged; it and what follows is asked again',
  );
  expect(await journalLines()).toEqual([]);
});
