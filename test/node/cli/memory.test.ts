/** What `--memory` and a real cgroup let the program take. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMemoryCgroup } from '../../support/memory-cgroup.ts';
import { childrenOf } from '../../support/process-tree.ts';

const repository = resolve(import.meta.dirname, '../../..');
const scene = join(repository, 'resources/sample/harbour.tif');
const launcher = join(repository, 'src-main/think2seg.mjs');
const question = ['-q', 'every building', '--provider', 'cpu', '--quiet'];
const mebibytes = (count: number): number => count * 2 ** 20;
const isLinux = process.platform === 'linux';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-memory-option-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  status: number | null;
  stderr: string;
  peakBytes: number;
}

/** Runs the program, in a cgroup where one is given, and watches the memory of all its processes. */
function run(args: readonly string[], procsPath = '/dev/null'): Promise<Run> {
  const script = 'echo $$ > "$0"; exec "$@"';
  const child = spawn('sh', ['-c', script, procsPath, process.execPath, launcher, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let peakBytes = 0;
  const timer = setInterval(() => {
    const tree = childrenOf(process.pid).filter(({ command }) => command.includes(repository));
    peakBytes = Math.max(
      peakBytes,
      tree.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    );
  }, 50);
  return new Promise((done) => {
    child.on('close', (status) => {
      clearInterval(timer);
      done({ status, stderr, peakBytes });
    });
  });
}

const tiles = ['segment', scene, ...question, '--scale', 'tiles', '--threads', '8'];

describe.skipIf(!isLinux)(`--memory${isLinux ? '' : ' (memory is read from /proc)'}`, { timeout: 120_000 }, () => {
  it('refuses models that need more, and says whose limit that is', async () => {
    const { status, stderr, peakBytes } = await run(['segment', scene, ...question, '--memory', '500M']);
    expect(stderr).toMatch(
      /^MEMORY_INSUFFICIENT: the segmenter of pack nano needs about \d+ MB of memory, \d+ MB are left/,
    );
    expect(stderr).toContain('what --memory or the settings allow');
    expect(status).toBe(5);
    expect(peakBytes).toBeLessThan(mebibytes(500));
  });

  it('bounds how many tiles are asked side by side', async () => {
    const wide = await run([...tiles, '-o', join(folder, 'wide.gpkg')]);
    const narrow = await run([...tiles, '-o', join(folder, 'narrow.gpkg'), '--memory', '1G']);
    expect([wide.status, narrow.status]).toEqual([0, 0]);
    expect(wide.peakBytes).toBeGreaterThan(mebibytes(1024));
    expect(narrow.peakBytes).toBeLessThan(mebibytes(1024));
  });

  it('is shared by the workers of a batch', async () => {
    const batch = ['batch', scene, ...question, '-o', join(folder, 'batch'), '--memory', '1G'];
    const two = await run([...batch, '--workers', '2']);
    expect(two.stderr).toContain('MEMORY_INSUFFICIENT');
    expect(two.status).toBe(5);
    expect((await run(batch)).status).toBe(0);
  });
});

const group = isLinux ? makeMemoryCgroup(`think2seg-test-${process.pid}`, mebibytes(480)) : 'cgroups are of Linux';

describe.skipIf(typeof group === 'string')(
  `a memory cgroup${typeof group === 'string' ? ` (${group})` : ''}`,
  { timeout: 120_000 },
  () => {
    afterAll(() => (typeof group === 'string' ? undefined : group.remove()));

    it('bounds the models, and --memory does not raise it', async () => {
      const { procsPath } = group as Exclude<typeof group, string>;
      const { status, stderr } = await run(['segment', scene, ...question, '--memory', '8G'], procsPath);
      expect(stderr).toMatch(
        /^MEMORY_INSUFFICIENT: the (language model|segmenter) of pack nano .* left of the cgroup of this process/,
      );
      expect(status).toBe(5);
    });
  },
);
