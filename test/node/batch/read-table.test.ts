import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../src-main/core/batch/read-table.ts';

const folder = mkdtempSync(join(tmpdir(), 't2s-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): ReturnType<typeof readTable> {
  const path = join(folder, 'work.csv');
  writeFileSync(path, text);
  return readTable(path, []);
}

describe('readTable', () => {
  const scene = join(folder, 'a.tif');
  const windowPx = { x: 1, y: 2, width: 30, height: 40 };

  it.each([
    ['commas', 'raster,question,window\na.tif,"where is water, deep or not?","1,2,30,40"\n'],
    [
      'semicolons, as a spreadsheet of many languages writes them',
      'Raster;Question;Window\r\na.tif;where is water, deep or not?;1,2,30,40\r\n',
    ],
    ['tabs', '\uFEFFraster\tquestion\twindow\na.tif\twhere is water, deep or not?\t1;2;30;40\n'],
    ['a blank line before the header', '\nraster;question;window\na.tif;"where is water, deep or not?";1 2 30 40\n'],
  ])('reads a table with %s', async (_, text) => {
    expect(await read(text)).toEqual([
      { rasterPath: scene, question: 'where is water, deep or not?', target: { kind: 'window', windowPx } },
    ]);
  });

  it.each([
    ['a window with parts of pixels', '0.5 0 10 10;', /row 2: window: expected whole numbers of pixels; /],
    ['a window and a box', '0 0 10 10;1 2 3 4', /row 2: window and bbox were both given, expected one of them/],
  ])('says which row has %s', async (_, target, message) => {
    const reading = read(`raster;question;window;bbox\na.tif;q;;\na.tif;q;${target}\n`);
    await expect(reading).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) as string });
  });

  it('says which row has a column too many', async () => {
    await expect(read('raster,question\na.tif,where is water, deep or not?\n')).rejects.toThrow(
      /columns length is 2, got 3 on line 2/,
    );
  });
});
