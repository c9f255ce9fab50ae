/** Objects of all results as rows, in the order of the list. */
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
}

export type AttributeColumn = Exclude<keyof AttributeRow, 'id'>;

export function attributeRows(work: WorkDocument, shapes: RefinedShapes): AttributeRow[] {
  return work.results.flatMap((result) =>
    shownInstances(result, shapes).map(({ id, score, areaM2, perimeterM, origin, verdict }, index) => ({
      id,
      number: index + 1,
      result: result.name,
      score,
      areaM2,
      perimeterM,
      origin,
      verdict,
    })),
  );
}

/** What is not known comes last, in both directions. */
export function sortRows(rows: readonly AttributeRow[], by: AttributeColumn, descending: boolean): AttributeRow[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[by], other[by]];
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null);
    }
    return direction * (left < right ? -1 : left > right ? 1 : 0);
  });
}
