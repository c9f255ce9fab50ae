import type { RunRecord } from '../../src-main/contract/run-record.ts';

/**
 * One record for what comes from several answers: the last one, with the others inside.
 *
 * @param records oldest first; null for what was drawn by hand.
 * @returns null when all of it was.
 */
export function joinRecords(records: readonly (RunRecord | null)[]): RunRecord | null {
  const all = [...new Set(records.flatMap((record) => (record === null ? [] : [...(record.otherRuns ?? []), record])))];
  const last = all.pop() ?? null;
  return last === null || all.length === 0
    ? last
    : { ...last, otherRuns: all.map(({ otherRuns, ...record }) => record) };
}
