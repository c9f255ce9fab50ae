/** One owner at a time for something on a disk. A lock whose owner is gone (killed, crashed, rebooted) is taken over. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { Think2SegError } from '../../contract/errors.ts';
import { isGone, ownerSchema, thisProcess, type ProcessOwner } from './process-owner.ts';
import { isErrno, writeFailure } from './write-failure.ts';

/** Who has the lock `path`; null when nobody has. @throws Think2SegError OUTPUT_LOCKED for a file that is no lock. */
export async function readOwner(path: string): Promise<ProcessOwner | null> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return null;
    }
    throw new Think2SegError('OUTPUT_LOCKED', `${path} is not a lock file of this program; remove it and try again`, {
      cause: thrown,
    });
  }
}

/**
 * Takes the lock `path` for this process.
 *
 * @param what is locked, for the message.
 * @param owner what the lock says of this process.
 * @returns a function that gives it back.
 * @throws Think2SegError OUTPUT_LOCKED when a living process (or any on another machine) has it, OUTPUT_NOT_WRITABLE
 */
export async function takeLock(path: string, what: string, owner = thisProcess()): Promise<() => Promise<void>> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(owner));
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
  try {
    for (;;) {
      try {
        // A link appears whole or not at all, and fails where a name is taken, on network disks too.
        await link(draft, path);
        return () => rm(path, { force: true });
      } catch (thrown) {
        if (!isErrno(thrown, 'EEXIST')) {
          throw writeFailure(path, thrown);
        }
      }
      await removeStale(path, what);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeStale(path: string, what: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner === null) {
    return;
  }
  if (!isGone(owner)) {
    throw new Think2SegError(
      'OUTPUT_LOCKED',
      `${what} is in use by process ${owner.pid} on ${owner.host}; wait for it, or remove ${path} if that machine is gone`,
    );
  }
  // Of several who see the same stale lock one moves it away; the others find it gone.
  const moved = `${path}.${randomUUID()}`;
  try {
    await rename(path, moved);
    await rm(moved, { force: true });
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) {
      throw writeFailure(path, thrown);
    }
  }
}
