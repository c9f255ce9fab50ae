/** From what a batch was asked for to the questions about rasters that it is made of. */
import { dirname } from 'node:path';
import type { BatchRequest } from '../../contract/batch.ts';
import { Think2SegError } from '../../contract/errors.ts';
import type { BatchItem } from './batch-item.ts';
import { expandInputs, type ExpandedInputs } from './expand-inputs.ts';
import { readLines, readTable } from './read-table.ts';

type Work = Pick<BatchRequest, 'inputs' | 'listPath' | 'tablePath' | 'questions'>;

/**
 * @param folder that outputs go to; what a batch wrote there is not its input.
 * @throws Think2SegError USAGE when there is nothing to do or nothing to ask, INPUT_NOT_FOUND for a list or table.
 */
export async function planItems(
  { inputs, listPath, tablePath, questions }: Work,
  folder: string,
): Promise<{ items: BatchItem[]; problems: ExpandedInputs['problems'] }> {
  const tableItems = tablePath === null ? [] : await readTable(tablePath, questions);
  const listed = listPath === null ? [] : await readLines('list', listPath);
  if (inputs.length + listed.length + tableItems.length === 0) {
    throw new Think2SegError('USAGE', 'no rasters were named; give files, folders, patterns, --list or --table');
  }
  const named = await expandInputs(inputs, folder);
  const fromList = listPath === null ? null : await expandInputs(listed, folder, dirname(listPath));
  const rasterPaths = [...new Set([...named.rasterPaths, ...(fromList?.rasterPaths ?? [])])];
  if (rasterPaths.length > 0 && questions.length === 0) {
    throw new Think2SegError('USAGE', '--query is missing; ask a question, or give --queries or --table');
  }
  const asked = rasterPaths.flatMap((rasterPath) =>
    questions.map((question): BatchItem => ({ rasterPath, question, target: { kind: 'scene' } })),
  );
  return { items: eachOnce([...asked, ...tableItems]), problems: [...named.problems, ...(fromList?.problems ?? [])] };
}

/** A question that was asked twice about the same part of a raster is one piece of work. */
function eachOnce(items: readonly BatchItem[]): BatchItem[] {
  return [
    ...new Map(items.map((item) => [JSON.stringify([item.rasterPath, item.question, item.target]), item])).values(),
  ];
}
