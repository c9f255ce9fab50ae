import { expect, it } from 'vitest';
import { sortRows, type AttributeRow } from '../../../src-renderer/state/attribute-table.ts';

const row = (id: string, areaM2: number | null): AttributeRow => ({
  id,
  number: 1,
  result: 'ponds',
  score: null,
  areaM2,
  perimeterM: null,
  origin: 'model',
  verdict: 'open',
});

it('sorts numbers as numbers, and what is not known last in both directions', () => {
  const rows = [row('a', 100), row('b', null), row('c', 9)];
  expect(sortRows(rows, 'areaM2', false).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  expect(sortRows(rows, 'areaM2', true).map(({ id }) => id)).toEqual(['a', 'c', 'b']);
});
