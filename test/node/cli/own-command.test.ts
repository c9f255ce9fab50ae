import { expect, it } from 'vitest';
import { ownCommand } from '../../../src-main/cli/own-command.ts';

it.each([
  ['Node', ['/usr/bin/node', '/t2s/out/main/cli.cjs', 'batch', 'scenes'], ['/usr/bin/node', '/t2s/out/main/cli.cjs']],
  ['the installed program', ['/opt/t2s', 'batch', 'batch/a.tif'], ['/opt/t2s']],
  ['one without a sandbox', ['/opt/t2s', '--no-sandbox', 'batch', '-q', 'x'], ['/opt/t2s', '--no-sandbox']],
])('starts %s again', (_, argv, expected) => {
  expect(ownCommand(argv, 'batch')).toEqual(expected);
});
