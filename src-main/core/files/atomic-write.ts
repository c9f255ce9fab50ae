/**
 * Outputs that appear complete or not at all. Files are written in a hidden scratch folder beside their target (same disk, same
 * names, so drivers that look at extensions are content), flushed to the disk, and then renamed. Several files of one output become
 * visible as one: see `replace-files.ts`.
 *
 * What only concerns names, and small files, is done directly: it takes microseconds, less than to hand it to another thread and to wake
 * up for it. What waits for the disk is not.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import { outputFilesOf } from './output-files.ts';
import { refuseForeignParts } from './refuse-foreign-parts.ts';
import { finishReplacement, replaceFiles } from './replace-files.ts';
import { syncFile } from './sync.ts';
import { isErrno, writeFailure } from './write-failure.ts';

const scratchPrefix = '.think2seg-';
/** Bytes or characters that are copied into the memory of the system in less time than another thread takes to wake up. */
const smallLength = 2 ** 18;

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
  await finishReplacements(paths);
  refuseExisting(paths, options.overwrite);
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
          mkdirSync(folder);
          scratchFolders.push(folder);
          mkdirSync(join(folder, part));
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
      await syncFile(temporaryPath).catch((thrown: unknown) => {
        throw writeFailure(path, thrown);
      });
    }
    refuseExisting(paths, options.overwrite);
    await replaceFiles(moves, options.obsolete ?? [], scratchOf(paths[0] ?? ''));
    return result;
  } finally {
    for (const folder of scratchFolders) {
      await removeFolders(folder, part);
    }
  }
}

/** After files were moved into place there are two empty folders: looking for what is in them would take three times as many steps. */
async function removeFolders(folder: string, part: string): Promise<void> {
  try {
    rmdirSync(join(folder, part));
    rmdirSync(folder);
  } catch {
    // Something is left: of a failure, or of what was replaced.
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Fails where the output `path` (with all files that belong to it) could not be written: OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE.
 * Asked before minutes of work are spent. A folder is really tried, because permission bits say little on network disks.
 *
 * @param scratchName what is tried goes by this name, so that `removeScratch` finds it after a kill in that moment.
 */
export async function checkOutputWritable(
  path: string,
  overwrite: boolean,
  scratchName = scratchPrefix + randomUUID(),
): Promise<void> {
  const paths = outputFilesOf(path);
  await finishReplacements(paths);
  refuseExisting(paths, overwrite);
  refuseForeignParts(path);
  try {
    const tried = join(dirname(resolve(path)), scratchName);
    mkdirSync(tried);
    rmdirSync(tried);
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

/**
 * Removes the scratch folder that a killed process left beside the output `path`, after finishing the replacement that it was in the
 * middle of; nothing to remove is fine.
 */
export async function removeScratch(path: string, scratchName: string): Promise<void> {
  if (!scratchName.startsWith(scratchPrefix) || scratchName !== basename(scratchName)) {
    throw new Think2SegError('INTERNAL', `got scratch folder ${scratchName}, expected a name with ${scratchPrefix}`);
  }
  const folder = join(dirname(resolve(path)), scratchName);
  await finishReplacement(folder);
  await rm(folder, { recursive: true, force: true });
}

/** What a process that was killed between the renames of these files has left undone is done first. */
async function finishReplacements(paths: readonly string[]): Promise<void> {
  if (paths.length < 2) {
    return;
  }
  const wanted = new Set(paths.map((path) => resolve(path)));
  for (const folder of new Set([...wanted].map(dirname))) {
    const names = await readdir(folder).catch((thrown: unknown) => {
      if (isErrno(thrown, 'ENOENT', 'ENOTDIR', 'EACCES')) {
        // Whoever writes there will say what is wrong.
        return [];
      }
      throw thrown;
    });
    for (const name of names.filter((candidate) => candidate.startsWith(scratchPrefix))) {
      await finishReplacement(join(folder, name), wanted);
    }
  }
}

function refuseExisting(paths: readonly string[], overwrite: boolean): void {
  for (const path of paths) {
    let found;
    try {
      // A link that points nowhere is in the way too.
      found = lstatSync(path);
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
    if (data.length <= smallLength) {
      writeFileSync(temporaryPath, data);
    } else {
      await writeFile(temporaryPath, data);
    }
  } catch (thrown) {
    throw writeFailure(basename(temporaryPath), thrown);
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
