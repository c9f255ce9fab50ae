/** The Slurm template, run as Slurm runs it: the variables of an array task, and an `srun` that starts what it is given. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResult } from '../../../src-main/contract/batch.ts';
import { runThink2seg } from '../../support/command-line.ts';

const repository = resolve(import.meta.dirname, '../../..');
const question = ['-q', 'Where is liquid fuel kept in bulk?', '--format', 'geojson'];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-slurm-'));
  mkdirSync(join(folder, 'in'));
  for (let index = 0; index < 4; index++) {
    cpSync(join(repository, 'resources/sample/harbour.tif'), join(folder, `in/scene-${index}.tif`));
  }
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/srun'), '#!/bin/sh\necho "$@" >> "$SRUN_LOG"\nshift\nexec "$@"\n');
  chmodSync(join(folder, 'bin/srun'), 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function task(variables: Record<string, string>) {
  return spawnSync('bash', [join(repository, 'resources/slurm/think2seg-array.sh'), 'in', ...question, '-o', 'out'], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      SRUN_LOG: join(folder, 'srun.log'),
      THINK2SEG: `${process.execPath} ${join(repository, 'src-main/think2seg.mjs')}`,
      ...variables,
    },
  });
}

describe('the Slurm array', { timeout: 300_000 }, () => {
  it('shares the scenes among its tasks, does nothing twice, and one run sums it up', async () => {
    // An array that is not counted from one: --array=10-14:4.
    const array = {
      SLURM_ARRAY_TASK_MIN: '10',
      SLURM_ARRAY_TASK_MAX: '14',
      SLURM_ARRAY_TASK_STEP: '4',
      SLURM_CPUS_PER_TASK: '1',
    };
    const memory = [{ SLURM_MEM_PER_NODE: '4096' }, { SLURM_MEM_PER_CPU: '2000' }, { SLURM_MEM_PER_NODE: '0' }];
    for (const [number, SLURM_ARRAY_TASK_ID] of ['14', '10', '10'].entries()) {
      expect(task({ ...array, ...memory[number], SLURM_ARRAY_TASK_ID })).toMatchObject({ status: 0 });
    }
    expect(readFileSync(join(folder, 'srun.log'), 'utf8').match(/--shard .* --quiet/g)).toEqual([
      '--shard 2/2 --threads 1 --memory 4096M --quiet',
      '--shard 1/2 --threads 1 --memory 2000M --quiet',
      '--shard 1/2 --threads 1 --quiet',
    ]);
    const manifests = readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.jsonl'));
    expect(manifests.sort()).toEqual(['manifest.1-of-2.jsonl', 'manifest.2-of-2.jsonl']);
    const done = manifests.flatMap((name) =>
      readFileSync(join(folder, 'out', name), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"state":"done"')),
    );
    expect(done).toHaveLength(4);
    const last = await runThink2seg(['batch', 'in', ...question, '-o', 'out', '--json', '--quiet'], { cwd: folder });
    const result = JSON.parse(last.stdout.trimEnd().split('\n').at(-1) ?? '') as BatchResult;
    expect(result).toMatchObject({ items: 4, done: 0, alreadyDone: 4, failed: 0 });
    expect(readdirSync(join(folder, 'out'))).toContain('summary.html');
  });

  it('says so when it is no array, and passes the exit status on', () => {
    const none = task({});
    expect(none.status).not.toBe(0);
    expect(none.stderr).toContain('started without an array');
    rmSync(join(folder, 'in/scene-3.tif'));
    writeFileSync(join(folder, 'in/scene-4.tif'), 'no raster');
    const one = { SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_MAX: '1', SLURM_ARRAY_TASK_ID: '1' };
    expect(task(one).status).toBe(7);
  });
});
