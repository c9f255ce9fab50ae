import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { planItems } from '../../../src-main/core/batch/plan-items.ts';

const folder = mkdtempSync(join(tmpdir(), 't2s-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('asks a question once that was named several times', async () => {
  const rasterPath = join(folder, 'a.tif');
  const tablePath = join(folder, 'work.csv');
  writeFileSync(rasterPath, 'a');
  writeFileSync(tablePath, 'raster,question,window\na.tif,q,\na.tif,q,0 0 5 5\na.tif,q,0 0 5 5\n');
  const work = { inputs: [folder, rasterPath], listPath: null, tablePath, questions: ['q', 'q'] };
  const { items } = await planItems(work, join(folder, 'out'));
  expect(items).toEqual([
    { rasterPath, question: 'q', target: { kind: 'scene' } },
    { rasterPath, question: 'q', target: { kind: 'window', windowPx: { x: 0, y: 0, width: 5, height: 5 } } },
  ]);
});
