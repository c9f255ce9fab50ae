import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isGone, thisProcess } from '../../../src-main/core/files/process-owner.ts';

describe('who left something on a disk', () => {
  it('is there while it runs', () => {
    expect(isGone(thisProcess())).toBe(false);
  });

  it('is gone when it has ended, or when another has its number', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    expect(isGone({ ...thisProcess(), pid })).toBe(true);
    if (process.platform === 'linux') {
      expect(isGone({ ...thisProcess(), startedAt: '1' })).toBe(true);
    }
  });

  it('may be there on another machine', () => {
    expect(isGone({ host: `not-${hostname()}`, pid: 1, startedAt: '1' })).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is gone when it has ended and its parent has not asked how', async () => {
    // The shell becomes a program that never asks after the child it was given. The child ends after that, or the shell would ask.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(line));
      const status = (): string[] => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
      await expect.poll(() => status()[0], { timeout: 15_000 }).toBe('Z');
      expect(isGone({ host: hostname(), pid, startedAt: status()[19]! })).toBe(true);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
