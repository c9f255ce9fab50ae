/** Objects of all results as rows, in the order of the list. */
import type { AttributeField, AttributeValue } from '../../src-main/contract/attributes.ts';
import { joinedValues } from './attribute-columns.ts';
import type { Instance, Verdict, WorkDocument } from './document.ts';
import { shownInstances, type RefinedShapes } from './refined-shapes.ts';

export interface AttributeRow {
  readonly id: string;
  /** From 1 in each result. */
  readonly number: number;
  readonly result: string;
  readonly score: number | null;
  readonly areaM2: number | null;
  readonly perimeterM: number | null;
  readonly origin: Instance['origin'];
  readonly verdict: Verdict;
  /** In the order of the fields of all results. */
  readonly attributes: readonly AttributeValue[];
}

/** A number stands for a field that came with a file. */
export type AttributeColumn = Exclude<keyof AttributeRow, 'id' | 'attributes'> | number;

export function cellOf(row: AttributeRow, column: AttributeColumn): AttributeValue {
  return typeof column === 'number' ? (row.attributes[column] ?? null) : row[column];
}

export function attributeRows(
  work: WorkDocument,
  shapes: RefinedShapes,
  fields: readonly AttributeField[],
): AttributeRow[] {
  return work.results.flatMap((result) => {
    const valuesOf = joinedValues(fields, result);
    return shownInstances(result, shapes).map(
      ({ id, score, areaM2, perimeterM, origin, verdict, attributes }, index) => ({
        id,
        number: index + 1,
        result: result.name,
        score,
        areaM2,
        perimeterM,
        origin,
        verdict,
        attributes: valuesOf(attributes),
      }),
    );
  });
}

/** What is not known comes last, in both directions. */
export function sortRows(rows: readonly AttributeRow[], by: AttributeColumn, descending: boolean): AttributeRow[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [cellOf(one, by), cellOf(other, by)];
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null);
    }
    return direction * compare(left, right);
  });
}

/** Values of one column can be of several kinds where several files met. */
function compare(left: string | number | boolean, right: string | number | boolean): number {
  const [one, other] = typeof left === typeof right ? [left, right] : [String(left), String(right)];
  return one < other ? -1 : one > other ? 1 : 0;
}
