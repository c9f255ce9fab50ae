import { expect, it } from 'vitest';
import type { AttributeField, AttributeValue } from '../../../src-main/contract/attributes.ts';
import { joinedFields } from '../../../src-renderer/state/attribute-columns.ts';
import { someResult } from '../../support/work-documents.ts';
import { attributeRows, sortRows, type AttributeRow } from '../../../src-renderer/state/attribute-table.ts';

const row = (id: string, areaM2: number | null): AttributeRow => ({
  id,
  number: 1,
  result: 'ponds',
  score: null,
  areaM2,
  perimeterM: null,
  origin: 'model',
  verdict: 'open',
  attributes: [areaM2 === null ? 'ä' : areaM2],
});

it('sorts numbers as numbers, and what is not known last in both directions', () => {
  const rows = [row('a', 100), row('b', null), row('c', 9)];
  expect(sortRows(rows, 'areaM2', false).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  expect(sortRows(rows, 'areaM2', true).map(({ id }) => id)).toEqual(['a', 'c', 'b']);
});

it('has the attributes of files as columns, those of one name as one', () => {
  const withFields = (id: string, fields: AttributeField[], attributes: AttributeValue[]) => {
    const result = someResult(id, [10, 20]);
    const instances = result.instances.map((instance, index) => (index === 0 ? { ...instance, attributes } : instance));
    return { ...result, fields, instances };
  };
  const results = [
    withFields('a', [{ name: 'floors', type: 'integer' }], [3]),
    withFields('b', [{ name: 'Roof', type: 'text' }, { name: 'FLOORS', type: 'real' }], ['flat', 1.5]), // prettier-ignore
  ];
  const fields = joinedFields(results);
  expect(fields).toEqual([
    { name: 'floors', type: 'real' },
    { name: 'Roof', type: 'text' },
  ]);
  const rows = attributeRows({ rasters: [], results }, new Map(), fields);
  expect(rows.map(({ attributes }) => attributes)).toEqual([[3, null], [null, null], [1.5, 'flat'], [null, null]]); // prettier-ignore
  expect(sortRows(rows, 0, false).map(({ id }) => id)).toEqual(['b-1', 'a-1', 'a-2', 'b-2']);
});
