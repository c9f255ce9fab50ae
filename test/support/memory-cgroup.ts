/** A real memory cgroup that processes can be started in, where this machine lets one be made. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const roots = { v1: '/sys/fs/cgroup/memory', v2: '/sys/fs/cgroup' };

export interface MemoryCgroup {
  /** To this file a process writes its number in order to be in the group. */
  readonly procsPath: string;
  remove(): Promise<void>;
}

/** @returns why there is none, where there is none. */
export function makeMemoryCgroup(name: string, limitBytes: number): MemoryCgroup | string {
  const isV1 = existsSync(join(roots.v1, 'memory.limit_in_bytes'));
  const folder = join(isV1 ? roots.v1 : roots.v2, name);
  try {
    mkdirSync(folder);
  } catch (thrown) {
    return notHere(thrown);
  }
  try {
    writeFileSync(join(folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(limitBytes));
  } catch (thrown) {
    rmdirSync(folder);
    return notHere(thrown);
  }
  return {
    procsPath: join(folder, 'cgroup.procs'),
    remove: async () => {
      for (let tries = 1; ; tries++) {
        try {
          rmdirSync(folder);
          return;
        } catch (thrown) {
          // Processes that were killed leave the group a moment later.
          if (tries === 50) {
            throw thrown;
          }
          await delay(100);
        }
      }
    },
  };
}

function notHere(thrown: unknown): string {
  return `no memory cgroup can be made here: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
