/** A table of work: one row for each question, with the columns raster, question and, where wanted, window or bbox. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { Think2SegError } from '../../contract/errors.ts';
import { explainParse } from '../../contract/explain-parse.ts';
import type { BatchItem } from './batch-item.ts';

const fourNumbers = z
  .string()
  .transform((text) => text.split(/[\s,;]+/).map(Number))
  .refine((numbers) => numbers.length === 4 && numbers.every(Number.isFinite), { message: 'expected four numbers' })
  .transform((numbers) => numbers as [number, number, number, number]);

const rowSchema = z
  .object({
    raster: z.string().min(1),
    question: z.string().optional(),
    window: fourNumbers
      .refine((numbers) => numbers.every(Number.isInteger), { message: 'expected whole numbers of pixels' })
      .optional(),
    bbox: fourNumbers.optional(),
  })
  .refine(({ window, bbox }) => window === undefined || bbox === undefined, {
    message: 'window and bbox were both given, expected one of them to say where to look',
  });

const expectedColumns =
  'expected the columns raster, question and, where wanted, window (x,y,width,height) or bbox (minx,miny,maxx,maxy)';

async function readText(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `--${option} ${path} could not be read (${reason}); expected a text file`,
    );
  }
}

/** Lines of a text file without empty ones and comments (`#`). */
export async function readLines(option: string, path: string): Promise<string[]> {
  const lines = (await readText(option, path))
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) {
    throw new Think2SegError('USAGE', `--${option} ${path} has no lines, expected one entry a line`);
  }
  return lines;
}

/** What separates the names of the header: commas stay free for questions and windows where it is a tab or a semicolon. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return ['\t', ';'].find((candidate) => header.includes(candidate)) ?? ',';
}

/**
 * @param questions asked of rows that have no question of their own.
 * @throws Think2SegError INPUT_NOT_FOUND, USAGE with the row that is not understood.
 */
export async function readTable(path: string, questions: readonly string[]): Promise<BatchItem[]> {
  const text = await readText('table', path);
  let rows: unknown[];
  try {
    rows = parse(text, {
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      bom: true,
      skip_empty_lines: true,
      trim: true,
      cast: (value) => (value === '' ? undefined : value),
      delimiter: delimiterOf(text),
    });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Think2SegError('USAGE', `--table ${path} is not a table (${reason}); expected CSV with a header line`);
  }
  if (rows.length === 0) {
    throw new Think2SegError('USAGE', `--table ${path} has no rows; ${expectedColumns}`);
  }
  return rows.flatMap((row, index) => {
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) {
      throw new Think2SegError(
        'USAGE',
        `--table ${path}, row ${index + 1}: ${explainParse(parsed.error)}; ${expectedColumns}`,
      );
    }
    const { raster, question, window, bbox } = parsed.data;
    const asked = question === undefined ? questions : [question];
    if (asked.length === 0) {
      throw new Think2SegError('USAGE', `--table ${path}, row ${index + 1} has no question; add one, or --query`);
    }
    return asked.map((text) => ({
      rasterPath: resolve(dirname(path), raster),
      question: text,
      target: targetOf(window, bbox),
    }));
  });
}

function targetOf(
  window: [number, number, number, number] | undefined,
  bbox: [number, number, number, number] | undefined,
): BatchItem['target'] {
  if (window !== undefined) {
    const [x, y, width, height] = window;
    return { kind: 'window', windowPx: { x, y, width, height } };
  }
  return bbox === undefined ? { kind: 'scene' } : { kind: 'bbox', boundsMap: bbox };
}
