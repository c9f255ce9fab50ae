/** The Slurm template in a real Slurm of one node: an array, and a task that Slurm stops and queues again. */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DoneLine, ManifestLine } from '../../../src-main/contract/batch.ts';
import { manifestLines, reproducible } from '../../support/batch-outputs.ts';
import { runThink2seg } from '../../support/command-line.ts';
import { SlurmCluster, slurmMissing } from '../../support/slurm-cluster.ts';

const repository = resolve(import.meta.dirname, '../../..');
const template = join(repository, 'resources/slurm/think2seg-array.sh');
const question = ['-q', 'Where is liquid fuel kept in bulk?', '--format', 'geojson', '--provider', 'cpu'];
const sceneCount = 8;
const isDone = (line: ManifestLine): line is DoneLine => line.kind === 'item' && line.state === 'done';

describe.skipIf(slurmMissing !== null)(`a real Slurm ${slurmMissing ?? ''}`, { timeout: 600_000 }, () => {
  let folder: string;
  let cluster: SlurmCluster;
  /** Some containers refuse what a daemon that runs jobs of others must do. */
  let refused: string | null = null;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-slurm-array-'));
    mkdirSync(join(folder, 'in'));
    for (let index = 0; index < sceneCount; index++) {
      cpSync(join(repository, 'resources/sample/harbour.tif'), join(folder, `in/scene-${index}.tif`));
      // No two of the same content, which would be one piece of work.
      appendFileSync(join(folder, `in/scene-${index}.tif`), Buffer.of(index));
    }
    const started = await SlurmCluster.start(2, [36_817, 36_818]);
    if (typeof started === 'string') {
      refused = started;
      return;
    }
    cluster = started;
    const single = await runThink2seg(['batch', 'in', ...question, '-o', 'single', '--quiet'], { cwd: folder });
    expect(single.status).toBe(0);
  }, 300_000);
  beforeEach(({ skip }) => {
    if (refused !== null) {
      skip(refused);
    }
  });
  afterAll(async () => {
    if (refused === null) {
      await cluster.end();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** The template asks for more than this node has; its options can be set anew on the line. */
  const submit = (array: string, output: string): string =>
    cluster.submit(
      ['--cpus-per-task=1', '--mem=0', `--array=${array}`, template, 'in', ...question, '-o', output],
      folder,
      { THINK2SEG: `${process.execPath} ${join(repository, 'src-main/think2seg.mjs')}` },
    );

  async function expectAllOnce(output: string): Promise<void> {
    const last = await runThink2seg(['batch', 'in', ...question, '-o', output, '--quiet'], { cwd: folder });
    expect(last.status).toBe(0);
    const manifests = readdirSync(join(folder, output)).filter((name) => /^manifest\.\d.*jsonl$/u.test(name));
    const done = manifests
      .flatMap((name) => manifestLines(join(folder, output), name).filter(isDone))
      .map(({ id }) => id);
    expect(done).toHaveLength(sceneCount);
    expect(new Set(done).size).toBe(sceneCount);
    expect(reproducible(join(folder, output))).toEqual(reproducible(join(folder, 'single')));
  }

  it('shares the scenes among the tasks of an array', async () => {
    const job = submit('1-2', 'array');
    expect(await cluster.finished(job)).toEqual(['COMPLETED 0:0', 'COMPLETED 0:0']);
    const manifests = readdirSync(join(folder, 'array')).filter((name) => name.endsWith('.jsonl'));
    expect(manifests.sort()).toEqual(['manifest.1-of-2.jsonl', 'manifest.2-of-2.jsonl']);
    await expectAllOnce('array');
  });

  it('goes on with a task that was stopped and queued again', async () => {
    const job = submit('1-1', 'requeued');
    const manifest = join(folder, 'requeued/manifest.1-of-1.jsonl');
    const doneSoFar = (): number => {
      try {
        return readFileSync(manifest, 'utf8').split('"state":"done"').length - 1;
      } catch {
        return 0;
      }
    };
    while (doneSoFar() === 0) {
      await delay(100);
    }
    // Slurm asks every process of the task to end, the engine among them.
    await cluster.requeue(`${job}_1`);
    expect(doneSoFar()).toBeLessThan(sceneCount);
    expect(await cluster.finished(job)).toEqual(['COMPLETED 0:0']);
    await expectAllOnce('requeued');
  });
});
