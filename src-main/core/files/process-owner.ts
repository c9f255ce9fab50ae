/** Which process left something on a disk, and whether it can still come back to it. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isErrno } from './write-failure.ts';

const processSchema = z.object({ host: z.string(), pid: z.number().int(), startedAt: z.string() });

/** With the program that the process works for, and ends with, where that is another. */
export const ownerSchema = processSchema.extend({ program: processSchema.optional() });

export type ProcessOwner = z.infer<typeof ownerSchema>;

export function processNumbered(pid: number): ProcessOwner {
  return { host: hostname(), pid, startedAt: startIn(statusOf(pid)) };
}

export function thisProcess(): ProcessOwner {
  return processNumbered(process.pid);
}

/** Whether the process has ended (killed, crashed, machine restarted). Of processes on other machines nobody can tell: false. */
export function isGone({ host, pid, startedAt, program }: ProcessOwner): boolean {
  if (program !== undefined && isGone(program)) {
    return true;
  }
  if (host !== hostname()) {
    return false;
  }
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Anything but "may not be asked" is "not there".
    if (!isErrno(thrown, 'EPERM')) {
      return true;
    }
  }
  const status = statusOf(pid);
  if (status.length === 0) {
    return false;
  }
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
