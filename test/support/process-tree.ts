/** The processes below another, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessFacts {
  readonly pid: number;
  readonly command: string;
  /** Memory that is in RAM now. */
  readonly residentBytes: number;
}

const pageBytes = 4096;
const longestEndMs = 30_000;

function factsOf(pid: number): (ProcessFacts & { parent: number }) | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent = '0'] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') {
      return null; // ended; whoever started it has not asked how
    }
    const [, residentPages = '0'] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return {
      pid,
      parent: Number(parent),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      residentBytes: Number(residentPages) * pageBytes,
    };
  } catch {
    // The process ended between two reads.
    return null;
  }
}

/** All descendants of `root`, nearest first. */
export function childrenOf(root: number): ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => factsOf(Number(name)) ?? []);
  const found: ProcessFacts[] = [];
  let parents = [root];
  while (parents.length > 0) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found;
}

/** The process and all its descendants. */
export function processTree(root: number): number[] {
  return [root, ...childrenOf(root).map(({ pid }) => pid)];
}

/** Resolves when none of the processes runs any more. */
export async function allEnded(pids: readonly number[]): Promise<void> {
  const lastMs = performance.now() + longestEndMs;
  let alive = pids;
  for (;;) {
    alive = alive.filter((pid) => factsOf(pid) !== null);
    if (alive.length === 0) {
      return;
    }
    if (performance.now() > lastMs) {
      throw new Error(`processes ${alive.join(', ')} still run ${longestEndMs / 1000} s after they should have ended`);
    }
    await delay(20);
  }
}
