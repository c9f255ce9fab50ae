import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { cgroupCpuLimit } from './cgroup.ts';

/**
 * Threads for one model run: the physical cores this process may really use. Hyper-threads only fight over the same
 * arithmetic units, and threads beyond a container's quota are throttled in the middle of every matrix product.
 *
 * Returns 0 where the machine does not tell (Windows, macOS): ONNX Runtime then counts physical cores itself.
 */
export function defaultThreads(): number {
  if (process.platform !== 'linux') {
    return 0;
  }
  const allowed = allowedCpus();
  const cores = physicalCores(allowed);
  return Math.max(1, Math.min(cores, Math.floor(cgroupCpuLimit() ?? Infinity)));
}

/** As `defaultThreads`, with a guess where the machine does not tell: mostly half of the logical processors are cores. */
export function processorThreads(): number {
  return defaultThreads() || Math.max(1, Math.floor(cpus().length / 2));
}

/** Numbers of the logical processors the scheduler may give us (`taskset`, cpusets); null when unknown. */
function allowedCpus(): Set<number> | null {
  const status = readText('/proc/self/status');
  const list = /^Cpus_allowed_list:\s*(\S+)$/mu.exec(status)?.[1];
  return list === undefined ? null : parseCpuList(list);
}

/** `0-3,8` to the set {0, 1, 2, 3, 8}. */
export function parseCpuList(list: string): Set<number> {
  const numbers = new Set<number>();
  for (const part of list.split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    for (let cpu = first ?? 0; cpu <= (last ?? -1); cpu++) {
      numbers.add(cpu);
    }
  }
  return numbers;
}

/** Distinct (socket, core) pairs among the allowed processors of `/proc/cpuinfo`; all processors where it names no cores (ARM). */
export function physicalCores(allowed: Set<number> | null, cpuinfo = readText('/proc/cpuinfo')): number {
  const cores = new Set<string>();
  let processors = 0;
  for (const block of cpuinfo.split(/\n\s*\n/u)) {
    const processor = /^processor\s*:\s*(\d+)$/mu.exec(block)?.[1];
    if (processor === undefined || allowed?.has(Number(processor)) === false) {
      continue;
    }
    processors++;
    const core = /^core id\s*:\s*(\d+)$/mu.exec(block)?.[1];
    const socket = /^physical id\s*:\s*(\d+)$/mu.exec(block)?.[1];
    cores.add(core === undefined ? `processor ${processor}` : `${socket ?? '0'}/${core}`);
  }
  return processors === 0 ? Math.max(1, cpus().length) : cores.size;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not every sandbox mounts /proc; each caller has an answer for an empty text.
    return '';
  }
}
