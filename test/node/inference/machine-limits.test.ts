import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { cgroupCpuLimit, cgroupMemoryFree } from '../../../src-main/core/inference/cgroup.ts';
import { defaultThreads, parseCpuList, physicalCores } from '../../../src-main/core/inference/threads.ts';

let scratch: string;
let roots: { cgroup: string; self: string };

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-cgroup-'));
  roots = { cgroup: join(scratch, 'fs'), self: join(scratch, 'self') };
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
});

function group(self: string, files: Record<string, string>): void {
  writeFileSync(roots.self, self);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(roots.cgroup, path, '..'), { recursive: true });
    writeFileSync(join(roots.cgroup, path), text);
  }
}

describe('cgroup limits', () => {
  test('version 2: the tightest of the group and its ancestors', () => {
    group('0::/a/b\n', {
      'a/b/cpu.max': 'max 100000\n',
      'a/cpu.max': '150000 100000\n',
      'a/b/memory.max': 'max\n',
      'a/b/memory.current': '5\n',
      'a/memory.max': '1000000\n',
      'a/memory.current': '700000\n',
      'a/memory.stat': 'anon 1\ninactive_file 50000\n',
    });
    expect(cgroupCpuLimit(roots)).toBe(1.5);
    expect(cgroupMemoryFree(roots)).toBe(350_000);
  });

  test('version 1', () => {
    group('6:memory:/x\n2:cpu,cpuacct:/x\n0::/\n', {
      'cpu/x/cpu.cfs_quota_us': '400000\n',
      'cpu/x/cpu.cfs_period_us': '100000\n',
      'memory/x/memory.limit_in_bytes': '2000000\n',
      'memory/x/memory.usage_in_bytes': '500000\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/memory.usage_in_bytes': '900000000\n',
    });
    expect(cgroupCpuLimit(roots)).toBe(4);
    expect(cgroupMemoryFree(roots)).toBe(1_500_000);
  });

  test('no limit, and no groups at all', () => {
    group('6:memory:/\n2:cpu:/\n', { 'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n' });
    expect(cgroupCpuLimit(roots)).toBeNull();
    expect(cgroupMemoryFree(roots)).toBeNull();
    rmSync(roots.self);
    expect(cgroupCpuLimit(roots)).toBeNull();
  });
});

describe('threads', () => {
  const hyperThreaded = [0, 1, 2, 3]
    .map((cpu) => `processor\t: ${cpu}\nphysical id\t: 0\ncore id\t\t: ${cpu % 2}\n`)
    .join('\n');

  test('counts cores, not hyper-threads', () => {
    expect(physicalCores(null, hyperThreaded)).toBe(2);
    expect(physicalCores(new Set([0, 2]), hyperThreaded)).toBe(1);
  });

  test('counts processors where the kernel names no cores', () => {
    expect(physicalCores(null, 'processor\t: 0\nBogoMIPS\t: 50\n\nprocessor\t: 1\nBogoMIPS\t: 50\n')).toBe(2);
  });

  test('reads lists of processors', () => {
    expect([...parseCpuList('0-2,8,10-11')]).toEqual([0, 1, 2, 8, 10, 11]);
  });

  test.runIf(process.platform === 'linux')('is at least one here', () => {
    expect(defaultThreads()).toBeGreaterThanOrEqual(1);
  });
});
