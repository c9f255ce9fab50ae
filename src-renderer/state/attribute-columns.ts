/** Attributes that came with files, as columns over several results. */
import { valueIn, type AttributeField, type AttributeValue } from '../../src-main/contract/attributes.ts';
import type { Result } from './document.ts';

/** Columns of all results; those of the same name are one, of a type that holds the values of both. */
export function joinedFields(results: readonly Pick<Result, 'fields'>[]): AttributeField[] {
  const joined = new Map<string, AttributeField>();
  for (const { fields } of results) {
    for (const field of fields) {
      const key = field.name.toLowerCase();
      const known = joined.get(key);
      joined.set(key, known === undefined ? field : { name: known.name, type: commonType(known.type, field.type) });
    }
  }
  return [...joined.values()];
}

/** @returns what an object of the result has in the columns */
export function joinedValues(
  columns: readonly AttributeField[],
  { fields }: Pick<Result, 'fields'>,
): (attributes: readonly AttributeValue[]) => AttributeValue[] {
  const own = columns.map(({ name }) => fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase()));
  return (attributes) => own.map((column) => valueIn(attributes, column));
}

function commonType(one: AttributeField['type'], other: AttributeField['type']): AttributeField['type'] {
  const both = new Set([one, other]);
  if (both.size === 1) {
    return one;
  }
  return both.has('integer') && both.has('real') ? 'real' : 'text';
}
