/** Rows on disk, one JSON object a line after a header that says whose they are. Grows by whole lines, survives a kill. */
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Think2SegError } from '../../contract/errors.ts';
import { explainParse } from '../../contract/explain-parse.ts';
import { isErrno, writeFailure } from '../files/write-failure.ts';
import { sampleRowSchema, type SampleRow } from './sample-row.ts';

/** Settings that change rows: rows of another header are of another evaluation. */
export type RowsHeader = Readonly<Record<string, unknown>>;

export class RowsFile {
  readonly path: string;
  /** By sample id. */
  readonly rows: Map<string, SampleRow>;

  private constructor(path: string, rows: readonly SampleRow[]) {
    this.path = path;
    this.rows = new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * Reads what an earlier run left; a last line that was cut off is dropped.
   *
   * @throws OUTPUT_EXISTS when the rows are of an evaluation with other settings, OUTPUT_NOT_WRITABLE, OUTPUT_FULL.
   */
  static async open(path: string, header: RowsHeader, restart: boolean): Promise<RowsFile> {
    const text = restart ? '' : await readExisting(path);
    try {
      const firstLine = `${JSON.stringify(header)}\n`;
      if (!text.includes('\n') && firstLine.startsWith(text)) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, firstLine);
        return new RowsFile(path, []);
      }
      const whole = text.includes('\n') ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
      if (whole.length < text.length) {
        await truncate(path, Buffer.byteLength(whole));
      }
      const [first, ...lines] = whole.split('\n').filter((line) => line !== '');
      refuseOther(path, first, header);
      return new RowsFile(
        path,
        lines.map((line, index) => readRow(path, line, index + 2)),
      );
    } catch (error) {
      throw error instanceof Think2SegError ? error : writeFailure(path, error);
    }
  }

  async append(row: SampleRow): Promise<void> {
    try {
      await appendFile(this.path, `${JSON.stringify(row)}\n`);
    } catch (error) {
      throw writeFailure(this.path, error);
    }
    this.rows.set(row.id, row);
  }
}

async function readExisting(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return '';
    }
    throw writeFailure(path, error);
  }
}

function parseLine(path: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path} line ${number} is not JSON (${reason}); remove the file or use --restart`,
    );
  }
}

function refuseOther(path: string, first: string | undefined, header: RowsHeader): void {
  const found = first === undefined ? null : parseLine(path, first, 1);
  const expected: unknown = JSON.parse(JSON.stringify(header));
  if (!isDeepStrictEqual(found, expected)) {
    throw new Think2SegError(
      'OUTPUT_EXISTS',
      `${path} holds rows of ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}; choose another -o or use --restart`,
    );
  }
}

function readRow(path: string, line: string, number: number): SampleRow {
  const parsed = sampleRowSchema.safeParse(parseLine(path, line, number));
  if (!parsed.success) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path} line ${number}: ${explainParse(parsed.error)}; remove the file or use --restart`,
    );
  }
  return parsed.data;
}
