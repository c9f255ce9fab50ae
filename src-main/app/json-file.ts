/** JSON of ours in the user's folder: appears complete or not at all, and one that cannot be read is kept aside, never overwritten. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { Think2SegError } from '../contract/errors.ts';
import { explainParse } from '../contract/explain-parse.ts';

/** Writes beside the target, flushes, renames. Rejects with OUTPUT_NOT_WRITABLE or OUTPUT_FULL. */
export async function writeWholeFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporaryPath = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporaryPath, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, path);
  } catch (thrown) {
    // Where it could not be made, it cannot be removed either; the first failure is the one to tell.
    await rm(temporaryPath, { force: true }).catch(() => undefined);
    const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
    throw new Think2SegError(
      code === 'ENOSPC' ? 'OUTPUT_FULL' : 'OUTPUT_NOT_WRITABLE',
      `${path} cannot be written (${code}); choose another folder or make room`,
      { cause: thrown },
    );
  }
}

export interface OwnFile<Value> {
  /** Null when there is no file, or none that could be read. */
  readonly value: Value | null;
  /** What the user should know. */
  readonly note?: string;
}

export async function readOwnFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  what: string,
): Promise<OwnFile<z.output<Schema>>> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      return { value: null };
    }
    return { value: null, note: `${what} cannot be read (${String(thrown)}); standard values are used` };
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) {
    return { value: parsed.data };
  }
  const keptPath = `${path}.bad`;
  await rename(path, keptPath);
  return {
    value: null,
    note: `${what} could not be read (${explainParse(parsed.error)}); standard values are used, the file is kept as ${keptPath}`,
  };
}

/** Undefined where it is no JSON, which no schema of ours accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
