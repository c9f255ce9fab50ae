/** What processes take of the machine, from Linux's own tables. */
import { readFileSync } from 'node:fs';

/** Share of memory that is theirs: pages that several processes use are counted in parts (PSS). */
export function memoryBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + proportionalKiB(pid) * 1024, 0);
}

/** Processor time so far, user and system, in seconds. */
export function processorSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticks(pid) / ticksPerSecond, 0);
}

/** USER_HZ, which is 100 on every Linux of today. */
const ticksPerSecond = 100;

function proportionalKiB(pid: number): number {
  const line = /^Pss:\s+(\d+) kB$/mu.exec(tableOf(pid, 'smaps_rollup'));
  return Number(line?.[1] ?? 0);
}

function ticks(pid: number): number {
  // Fields 14 and 15 of the line, counted from behind the name, which may hold spaces.
  const fields = tableOf(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Empty for a process that ended meanwhile. */
function tableOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
