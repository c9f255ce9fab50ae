/** One owner at a time for something on a disk. A lock whose owner is gone (killed, crashed, rebooted) is taken over. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Think2SegError } from '../../contract/errors.ts';
import { isErrno, writeFailure } from './write-failure.ts';

const ownerSchema = z.object({ host: z.string(), pid: z.number().int(), startedAt: z.string() });

type Owner = z.infer<typeof ownerSchema>;

/** When a process began, in clock ticks since the machine did: tells a process from a later one of the same number. */
function startOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No /proc (Windows, macOS), or no such process: then only the number speaks.
    return '';
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return isErrno(thrown, 'EPERM');
  }
  return startedAt === startOf(pid);
}

async function readOwner(path: string): Promise<Owner | null> {
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
 * @returns a function that gives it back.
 * @throws Think2SegError OUTPUT_LOCKED when a living process (or any on another machine) has it, OUTPUT_NOT_WRITABLE
 */
export async function takeLock(path: string, what: string): Promise<() => Promise<void>> {
  const own: Owner = { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) };
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(own));
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
  if (owner.host !== hostname() || isAlive(owner)) {
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
