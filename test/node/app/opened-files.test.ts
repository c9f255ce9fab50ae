import { expect, test } from 'vitest';
import { OpenedFiles } from '../../../src-main/app/opened-files.ts';

test('files wait for the page while it loads and after it crashed, and are told to it otherwise', () => {
  const opened = new OpenedFiles(['/argument.tif']);
  const told: string[][] = [];
  const tell = (paths: string[]): void => void told.push(paths);
  opened.add(['/second.tif', '/third.tif']);
  expect(opened.pageStarted(tell)).toEqual(['/argument.tif', '/second.tif', '/third.tif']);
  opened.add(['/fourth.tif']);
  opened.add([]);
  expect(told).toEqual([['/fourth.tif']]);
  opened.pageGone();
  opened.add(['/fifth.tif']);
  expect([told.length, opened.pageStarted(tell), opened.pageStarted(tell)]).toEqual([1, ['/fifth.tif'], []]);
});
