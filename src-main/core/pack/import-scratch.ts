/**
 * Where a pack lies while it is imported: a hidden folder among the packs, so that a rename puts it into place. The name says whose it is,
 * for a process that is killed cannot remove it; whoever comes next does.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { isGone, thisProcess, type ProcessOwner } from '../files/process-owner.ts';
import { isErrno, writeFailure } from '../files/write-failure.ts';

export interface ImportScratch {
  readonly directory: string;
  /** The new pack. */
  readonly packDirectory: string;
  /** Takes the pack that is replaced, under its name, until the new one is in its place. */
  readonly replacedDirectory: string;
}

const prefix = '.importing-';

/** @throws Think2SegError OUTPUT_NOT_WRITABLE or OUTPUT_FULL */
export async function makeImportScratch(packsDirectory: string): Promise<ImportScratch> {
  const { pid, startedAt, host } = thisProcess();
  const name = `${prefix}${pid}-${startedAt}-${host}-${randomUUID().slice(0, 8)}`;
  const scratch = scratchAt(join(packsDirectory, name));
  try {
    await mkdir(scratch.packDirectory, { recursive: true });
    await mkdir(scratch.replacedDirectory);
  } catch (error) {
    throw writeFailure(packsDirectory, error);
  }
  return scratch;
}

/**
 * Removes the folder of an import that is over, or that will never be. A pack that was set aside comes back first where none has taken its
 * place.
 */
export async function removeImportScratch(directory: string): Promise<void> {
  const { replacedDirectory } = scratchAt(directory);
  for (const id of await namesIn(replacedDirectory)) {
    const target = join(dirname(directory), id);
    if (!(await exists(target))) {
      await rename(join(replacedDirectory, id), target).catch((error: unknown) => {
        throw writeFailure(target, error);
      });
    }
  }
  await rm(directory, { recursive: true, force: true }).catch((error: unknown) => {
    throw writeFailure(directory, error);
  });
}

/** Does the same for every import whose process has ended before it was over. */
export async function removeAbandonedImports(packsDirectory: string): Promise<void> {
  for (const name of await namesIn(packsDirectory)) {
    if (name.startsWith(prefix) && isAbandoned(name)) {
      await removeImportScratch(join(packsDirectory, name));
    }
  }
}

/** Folders cannot be replaced in one step: the old pack steps aside, and `removeImportScratch` knows what to do with it. */
export async function moveIntoPlace(
  { packDirectory, replacedDirectory }: ImportScratch,
  target: string,
): Promise<void> {
  if (await exists(target)) {
    await rename(target, join(replacedDirectory, basename(target)));
  }
  await rename(packDirectory, target);
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function scratchAt(directory: string): ImportScratch {
  return {
    directory,
    packDirectory: join(directory, 'pack'),
    replacedDirectory: join(directory, 'replaced'),
  };
}

function isAbandoned(name: string): boolean {
  const owner = ownerOf(name);
  return owner === null || isGone(owner);
}

/** Null for a name that this program does not give, such as those of its first versions. */
function ownerOf(name: string): ProcessOwner | null {
  const [, pid, startedAt, host] = /^(\d+)-(\d*)-(.*)-[0-9a-f]{8}$/.exec(name.slice(prefix.length)) ?? [];
  return pid === undefined || startedAt === undefined || host === undefined
    ? null
    : { pid: Number(pid), startedAt, host };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return [];
    }
    throw writeFailure(directory, error);
  }
}
