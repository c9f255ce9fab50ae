import { expect, it } from 'vitest';
import { commandOfArguments } from '../../../src-main/app/command-arguments.ts';

it.each([
  ['an installed program that is only started', ['/opt/t2s'], true, null],
  ['a raster to open', ['/opt/t2s', 'a.tif'], true, null],
  ['a command', ['/opt/t2s', 'segment', 'a.tif', '--json'], true, ['segment', 'a.tif', '--json']],
  ['a command after switches of Chromium', ['/opt/t2s', '--no-sandbox', 'info', 'a.tif'], true, ['info', 'a.tif']],
  ['a raster named after a command, by its path', ['/opt/t2s', './info'], true, null],
  ['a question about the program', ['/opt/t2s', '--no-sandbox', '--version'], true, ['--version']],
  ['a question about a command', ['/opt/t2s', 'info', '--help'], true, ['info', '--help']],
  ['a checkout that is only started', ['electron', '.'], false, null],
  ['a command in a checkout', ['electron', '--no-sandbox', '.', 'doctor'], false, ['doctor']],
])('knows %s', (_, argv, isPackaged, expected) => {
  expect(commandOfArguments(argv, isPackaged)).toEqual(expected);
});
