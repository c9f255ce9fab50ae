import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { exitStatusByCode } from '../../../src-main/contract/errors.ts';

it('has every code and its exit status in the documentation', () => {
  const table = readFileSync(resolve(import.meta.dirname, '../../../docs/errors.md'), 'utf8');
  const rows = [...table.matchAll(/^\| (\d+) +\| `([A-Z_]+)`/gm)].map(([, status, code]) => [code, Number(status)]);
  expect(Object.fromEntries(rows)).toEqual(exitStatusByCode);
});
