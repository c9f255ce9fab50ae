/** Where a batch writes, and what it takes away of runs that were killed. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFailure } from '../files/write-failure.ts';
import { scratchNamePrefix, scratchPrefix } from './batch-item.ts';
import { manifestName } from './manifest.ts';

/** `scenes`: vector files, one set for each item. `thumbnails`: a picture for each item. */
type BatchFolders = Readonly<Record<'scenes' | 'thumbnails', string>>;

export function batchFolders(folder: string): BatchFolders {
  return { scenes: join(folder, 'scenes'), thumbnails: join(folder, 'thumbnails') };
}

export const summaryFileName = 'summary.html';
export const mergedFileName = 'merged.gpkg';

/** Whether a file directly in the output folder is one that a batch writes there. */
export function isBatchFile(name: string): boolean {
  return name === summaryFileName || name.startsWith(mergedFileName) || manifestName.test(name.replace(/\.lock$/, ''));
}

/** @throws Think2SegError OUTPUT_NOT_WRITABLE, OUTPUT_FULL */
export async function makeBatchFolders(folder: string): Promise<void> {
  for (const path of Object.values(batchFolders(folder))) {
    try {
      await mkdir(path, { recursive: true });
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }
}

/** Unfinished files about the whole batch lie here; only the owner of `manifest.jsonl` makes them. */
export const pagesScratchName = '.think2seg-batch-pages';

/** Removes unfinished files of the given items; those of other items may belong to a batch that runs on another machine. */
export async function removeLeftovers(folder: string, keys: Iterable<string>): Promise<void> {
  await rm(join(folder, pagesScratchName), { recursive: true, force: true });
  const own = new Set([...keys].map(scratchNamePrefix));
  for (const path of Object.values(batchFolders(folder))) {
    for (const name of await readdir(path)) {
      if (name.startsWith(scratchPrefix) && own.has(name.slice(0, scratchNamePrefix('').length + 24))) {
        await rm(join(path, name), { recursive: true, force: true });
      }
    }
  }
}
