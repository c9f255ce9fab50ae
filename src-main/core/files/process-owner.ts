/** Which process left something on a disk, and whether it can still come back to it. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isErrno } from './write-failure.ts';

export const ownerSchema = z.object({ host: z.string(), pid: z.number().int(), startedAt: z.string() });

export type ProcessOwner = z.infer<typeof ownerSchema>;

export function thisProcess(): ProcessOwner {
  return { host: hostname(), pid: process.pid, startedAt: startIn(statusOf(process.pid)) };
}

/** Whether the process has ended (killed, crashed, machine restarted). Of processes on other machines nobody can tell: false. */
export function isGone({ host, pid, startedAt }: ProcessOwner): boolean {
  if (host !== hostname()) {
    return false;
  }
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Anything but "may not be asked" is "not there".
    return !isErrno(thrown, 'EPERM');
  }
  const status = statusOf(pid);
  return status[0] === zombie || startedAt !== startIn(status);
}

/** Has ended; its number stays taken until its parent has asked how. */
const zombie = 'Z';

/** When a process began, in clock ticks since the machine did: tells a process from a later one of the same number. */
function startIn(status: readonly string[]): string {
  return status[19] ?? '';
}

/** What Linux says of a process, from its state on. */
function statusOf(pid: number): string[] {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return status.slice(status.lastIndexOf(')') + 2).split(' ');
  } catch {
    // No /proc (Windows, macOS), or no such process: then only the number speaks.
    return [];
  }
}
