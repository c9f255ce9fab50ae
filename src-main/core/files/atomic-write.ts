/**
 * Outputs that appear complete or not at all. Files are written in a hidden scratch folder beside their target (same disk, same
 * names, so drivers that look at extensions are content), flushed to the disk, and then renamed.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, mkdtemp, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import { outputFilesOf } from './output-files.ts';
import { isErrno, writeFailure } from './write-failure.ts';

const scratchPrefix = '.think2seg-';

export interface AtomicOptions {
  /** Whether files that exist already may be replaced. */
  readonly overwrite: boolean;
  /** Name of the scratch folder; who kills this process can then remove what it left (`removeScratch`). */
  readonly scratchName?: string;
  /** Companions of an older version of the output that must not outlive it; removed once the new files are in place. */
  readonly obsolete?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface ScratchFiles {
  /** Writes one whole file. Rejects with OUTPUT_FULL, OUTPUT_TOO_LARGE or OUTPUT_NOT_WRITABLE. */
  writeFile(temporaryPath: string, data: Uint8Array | string): Promise<void>;
}

/**
 * Calls `write` with one temporary path per output (same order) and moves what it wrote into place when it resolves.
 * When it rejects, or a file cannot be moved, everything is as it was before. A temporary file that `write` did not make is an error.
 *
 * @throws Think2SegError OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE, OUTPUT_FULL, OUTPUT_TOO_LARGE, or what `write` throws.
 */
export async function withAtomicOutputs<const Paths extends readonly string[], T>(
  paths: Paths,
  options: AtomicOptions,
  write: (temporaryPaths: { [K in keyof Paths]: string }, files: ScratchFiles) => Promise<T>,
): Promise<T> {
  await refuseExisting(paths, options.overwrite);
  const scratchName = options.scratchName ?? scratchPrefix + randomUUID();
  const scratchFolders: string[] = [];
  const scratchOf = (path: string) => join(dirname(resolve(path)), scratchName);
  // A fresh folder each time: GDAL's file system remembers names it has seen, also after they are gone.
  const part = randomUUID();
  try {
    for (const path of paths) {
      const folder = scratchOf(path);
      if (!scratchFolders.includes(folder)) {
        try {
          await mkdir(folder);
          scratchFolders.push(folder);
          await mkdir(join(folder, part));
        } catch (thrown) {
          throw writeFailure(path, thrown);
        }
      }
    }
    const moves = paths.map((path) => ({
      path: resolve(path),
      temporaryPath: join(scratchOf(path), part, basename(path)),
    }));
    const temporaryPaths = moves.map(({ temporaryPath }) => temporaryPath) as unknown as {
      [K in keyof Paths]: string;
    };
    const result = await write(temporaryPaths, { writeFile: writeWholeFile }).catch(async (thrown: unknown) => {
      throw await explained(paths[0] ?? scratchName, scratchFolders, thrown);
    });
    options.signal?.throwIfAborted();
    for (const { path, temporaryPath } of moves) {
      await flush(temporaryPath).catch((thrown: unknown) => {
        throw writeFailure(path, thrown);
      });
    }
    await refuseExisting(paths, options.overwrite);
    await moveAll(moves);
    for (const path of options.obsolete ?? []) {
      await rm(path, { force: true });
    }
    return result;
  } finally {
    for (const folder of scratchFolders) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/**
 * Fails where the output `path` (with all files that belong to it) could not be written: OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE.
 * Asked before minutes of work are spent. A folder is really tried, because permission bits say little on network disks.
 */
export async function checkOutputWritable(path: string, overwrite: boolean): Promise<void> {
  const paths = outputFilesOf(path);
  await refuseExisting(paths, overwrite);
  try {
    await rmdir(await mkdtemp(join(dirname(resolve(path)), scratchPrefix)));
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

/** Removes the scratch folder that a killed process left beside the output `path`; nothing to remove is fine. */
export async function removeScratch(path: string, scratchName: string): Promise<void> {
  if (!scratchName.startsWith(scratchPrefix) || scratchName !== basename(scratchName)) {
    throw new Think2SegError('INTERNAL', `got scratch folder ${scratchName}, expected a name with ${scratchPrefix}`);
  }
  await rm(join(dirname(resolve(path)), scratchName), { recursive: true, force: true });
}

async function refuseExisting(paths: readonly string[], overwrite: boolean): Promise<void> {
  for (const path of paths) {
    let found;
    try {
      // A link that points nowhere is in the way too.
      found = await lstat(path);
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT')) {
        continue;
      }
      throw writeFailure(path, thrown);
    }
    if (found.isDirectory()) {
      throw new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} is a folder, expected the name of a file; choose another`,
      );
    }
    if (!overwrite) {
      throw new Think2SegError('OUTPUT_EXISTS', `${path} exists already; choose another name or allow --overwrite`);
    }
    if (!found.isFile() && !found.isSymbolicLink()) {
      throw new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} is a device, expected a plain file; choose another name`,
      );
    }
  }
}

async function writeWholeFile(temporaryPath: string, data: Uint8Array | string): Promise<void> {
  try {
    const file = await open(temporaryPath, 'w');
    try {
      await file.writeFile(data);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw writeFailure(basename(temporaryPath), thrown);
  }
}

async function flush(temporaryPath: string): Promise<void> {
  const file = await open(temporaryPath, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Moves every file into place; when one fails, those moved before it go back and what they replaced returns. */
async function moveAll(moves: readonly { path: string; temporaryPath: string }[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  for (const { path, temporaryPath } of moves) {
    const replacedPath = `${temporaryPath}.replaced`;
    try {
      if (moves.length > 1 && (await exists(path))) {
        await rename(path, replacedPath);
        undo.unshift(() => rename(replacedPath, path));
      }
      await rename(temporaryPath, path);
      undo.unshift(() => rm(path, { force: true }));
    } catch (thrown) {
      for (const step of undo) {
        await step();
      }
      throw writeFailure(path, thrown);
    }
  }
  if (process.platform !== 'win32') {
    // The names must survive a power cut as well as the contents; Windows has no such call for folders.
    for (const folder of new Set(moves.map(({ path }) => dirname(path)))) {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return false;
    }
    throw thrown;
  }
}

/** GDAL reports that a write failed but not why: where another megabyte does not fit beside what it wrote, the disk is full. */
async function explained(path: string, scratchFolders: readonly string[], thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Think2SegError) || thrown.code !== 'OUTPUT_NOT_WRITABLE') {
    return writeFailure(path, thrown);
  }
  for (const folder of scratchFolders) {
    try {
      await writeWholeFile(join(folder, 'probe'), new Uint8Array(1 << 20));
      await rm(join(folder, 'probe'));
    } catch (probe) {
      if (probe instanceof Think2SegError && probe.code === 'OUTPUT_FULL') {
        return writeFailure(path, probe.cause);
      }
    }
  }
  return thrown;
}
