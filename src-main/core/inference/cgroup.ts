import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Where the kernel describes groups; tests give a folder of their own. */
interface CgroupRoots {
  readonly cgroup: string;
  readonly self: string;
}

const kernelRoots: CgroupRoots = { cgroup: '/sys/fs/cgroup', self: '/proc/self/cgroup' };

/**
 * Cores a container may use (quota divided by period, may be a fraction), the smallest of this process's group and its
 * ancestors; null when unlimited or not on Linux. Knows cgroup v1 and v2.
 */
export function cgroupCpuLimit(roots: CgroupRoots = kernelRoots): number | null {
  const limits: number[] = [];
  for (const folder of groupFolders('cpu', roots)) {
    const [quota, period] = (readLine(join(folder, 'cpu.max')) ?? '').split(' ').map(Number);
    pushPositive(limits, (quota ?? NaN) / (period ?? NaN));
    const quotaV1 = Number(readLine(join(folder, 'cpu.cfs_quota_us')) ?? NaN);
    const periodV1 = Number(readLine(join(folder, 'cpu.cfs_period_us')) ?? NaN);
    pushPositive(limits, quotaV1 / periodV1);
  }
  return limits.length === 0 ? null : Math.min(...limits);
}

/**
 * Bytes this process's group may still take before the kernel kills it: limit minus use, counting as free the file
 * cache the kernel would drop. The smallest over the group and its ancestors; null when unlimited or not on Linux.
 */
export function cgroupMemoryFree(roots: CgroupRoots = kernelRoots): number | null {
  const free: number[] = [];
  for (const folder of groupFolders('memory', roots)) {
    const limit = Number(
      readLine(join(folder, 'memory.max')) ?? readLine(join(folder, 'memory.limit_in_bytes')) ?? NaN,
    );
    const used = Number(
      readLine(join(folder, 'memory.current')) ?? readLine(join(folder, 'memory.usage_in_bytes')) ?? NaN,
    );
    // An unlimited v1 group says nearly 2^63.
    if (!Number.isFinite(limit) || !Number.isFinite(used) || limit > 2 ** 60) {
      continue;
    }
    const statistics = readText(join(folder, 'memory.stat')) ?? '';
    const droppable = Number(/^(?:total_)?inactive_file (\d+)$/mu.exec(statistics)?.[1] ?? 0);
    free.push(Math.max(0, limit - used + droppable));
  }
  return free.length === 0 ? null : Math.min(...free);
}

/** Folders of this process's group and its ancestors, in both hierarchies. Inside a container the root itself is the group. */
function groupFolders(controller: string, roots: CgroupRoots): string[] {
  const folders = new Set<string>();
  for (const line of (readText(roots.self) ?? '').split('\n')) {
    const [, controllers, group] = line.split(':');
    if (controllers === undefined || group === undefined) {
      continue;
    }
    const hierarchies = controllers === '' ? ['', 'unified'] : [controller];
    if (controllers !== '' && !controllers.split(',').includes(controller)) {
      continue;
    }
    for (const hierarchy of hierarchies) {
      for (let path = posix.normalize(group); ; path = posix.dirname(path)) {
        folders.add(join(roots.cgroup, hierarchy, path));
        if (path === '/' || path === '.') {
          break;
        }
      }
    }
  }
  return [...folders];
}

function pushPositive(numbers: number[], value: number): void {
  if (Number.isFinite(value) && value > 0) {
    numbers.push(value);
  }
}

function readLine(path: string): string | null {
  return readText(path)?.trim() ?? null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A missing file is how the kernel says that a limit does not exist.
    return null;
  }
}
