/** What the readers of data set folders share: names of files, and errors that say which layout was expected. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Think2SegError } from '../../../contract/errors.ts';

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** File names of a folder without hidden ones. @throws INPUT_NOT_FOUND */
export async function listNames(directory: string, layout: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `${directory} could not be read (${reasonOf(error)}); expected ${layout}`,
    );
  }
}

/** @throws INPUT_NOT_FOUND */
export async function readWholeFile(path: string, layout: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Think2SegError('INPUT_NOT_FOUND', `${path} could not be read (${reasonOf(error)}); expected ${layout}`);
  }
}

/** The accepted names by what stands before the extension; several where they have the same stem. */
export function byStem(names: readonly string[], accepts: (name: string) => boolean): Map<string, string[]> {
  const stems = new Map<string, string[]>();
  for (const name of names.filter(accepts).sort()) {
    const stem = basename(name, extname(name));
    stems.set(stem, [...(stems.get(stem) ?? []), name]);
  }
  return stems;
}

export function byId<T extends { id: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
