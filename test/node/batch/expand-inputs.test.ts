import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { expandInputs } from '../../../src-main/core/batch/expand-inputs.ts';

const root = mkdtempSync(join(tmpdir(), 't2s-expand-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

function write(...names: string[]): string[] {
  return names.map((name) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name);
    return path;
  });
}

describe('expandInputs', () => {
  it('finds rasters below the folder that outputs go to, but nothing that a batch wrote there', async () => {
    const rasters = write('ortho/a.tif', 'ortho/merged.gpkg', 'z.tif');
    write(
      'manifest.jsonl',
      'manifest.1-of-2.jsonl',
      'manifest.1-of-2.jsonl.lock',
      'merged.gpkg',
      'summary.html',
      'scenes/a_q_1.gpkg',
      'thumbnails/a_q_1.png',
    );
    expect(await expandInputs(['.'], folder, folder)).toEqual({
      rasterPaths: rasters.filter((path) => path.endsWith('.tif')),
      problems: [],
    });
    expect(await expandInputs(['**/*'], folder, folder)).toEqual({ rasterPaths: rasters, problems: [] });
  });

  it('finds rasters beside the outputs', async () => {
    const rasters = write('out/a.tif');
    write('out/thumbnails/a_q_1.png');
    expect(await expandInputs(['out'], join(folder, 'out'), folder)).toEqual({ rasterPaths: rasters, problems: [] });
  });

  it('names folders without rasters and patterns without matches', async () => {
    write('empty/notes.txt', 'thumbnails/a_q_1.png');
    const { rasterPaths, problems } = await expandInputs(['empty', 'thumbnails', '*.tif'], folder, folder);
    expect(rasterPaths).toEqual([]);
    expect(problems.map(({ path, error }) => [path, error.code])).toEqual([
      ['empty', 'INPUT_NOT_FOUND'],
      ['thumbnails', 'INPUT_NOT_FOUND'],
      ['*.tif', 'INPUT_NOT_FOUND'],
    ]);
  });

  it('takes a raster once that is named several times', async () => {
    const rasters = write('in/a.tif');
    expect(await expandInputs(['in', 'in/*.tif', 'in/a.tif', 'in'], join(folder, 'out'), folder)).toEqual({
      rasterPaths: rasters,
      problems: [],
    });
  });
});
