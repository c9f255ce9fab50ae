/** A batch on a Ray cluster of three nodes on this machine, of which a worker process and then a node are killed in the middle. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doneLines, reproducible, resultOf } from '../../support/batch-outputs.ts';
import { runThink2seg, type RunOptions } from '../../support/command-line.ts';

const repository = resolve(import.meta.dirname, '../../..');
const harbour = join(repository, 'resources/sample/harbour.tif');
const python = process.env['T2S_RAY_PYTHON'] ?? join(repository, 'out/ray-venv/bin/python');
const sceneCount = Number(process.env['T2S_RAY_SCENES'] ?? '12');
const fuel = 'Where is liquid fuel kept in bulk?';

function rayMissing(): string | null {
  const missing = !existsSync(python)
    ? `no Python with Ray at ${python} (resources/ray/requirements.txt, or T2S_RAY_PYTHON)`
    : spawnSync(python, ['-c', 'import ray']).status === 0
      ? null
      : `${python} cannot import ray`;
  if (missing !== null && process.env['T2S_REQUIRE_RAY'] === '1') {
    throw new Error(missing);
  }
  return missing;
}

/** The cluster as a process of its own, so that its end takes everything with it. */
class Cluster {
  readonly #child = spawn(python, [join(repository, 'test/support/ray_cluster.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, RAY_USAGE_STATS_ENABLED: '0', RAY_worker_niceness: '0' },
  });
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  async next(): Promise<Record<string, unknown>> {
    for (;;) {
      const line: IteratorResult<string, unknown> = await this.#lines.next();
      if (line.done === true) {
        throw new Error('the cluster ended');
      }
      if (line.value.startsWith('{')) {
        return JSON.parse(line.value) as Record<string, unknown>;
      }
    }
  }

  order(text: string): Promise<Record<string, unknown>> {
    this.#child.stdin.write(`${text}\n`);
    return this.next();
  }

  async end(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('close', done));
    this.#child.stdin.end('end\n');
    await ended;
  }
}

const reason = rayMissing();

describe.skipIf(reason !== null)(
  `think2seg batch --engine ray${reason === null ? '' : ` (${reason})`}`,
  { timeout: 1_200_000 },
  () => {
    let folder: string;
    let cluster: Cluster;
    let address: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'think2seg-ray-'));
      mkdirSync(join(folder, 'in'));
      for (let index = 0; index < sceneCount; index++) {
        cpSync(harbour, join(folder, `in/scene-${String(index).padStart(3, '0')}.tif`));
      }
      cluster = new Cluster();
      address = String((await cluster.next())['address']);
    });

    afterAll(async () => {
      await cluster.end();
      rmSync(folder, { recursive: true, force: true });
    });

    const common = ['batch', 'in', '-q', fuel, '--format', 'geojson', '--threads', '1', '--provider', 'cpu', '--json'];
    const onRay = (output: string, options: RunOptions = {}) =>
      runThink2seg([...common, '-o', output, '--engine', 'ray', '--address', address, '--python', python], {
        cwd: folder,
        ...options,
      });

    it('comes to the results of one machine although a worker and a node die', async () => {
      const hurt: { worker?: Promise<Record<string, unknown>>; node?: Promise<Record<string, unknown>> } = {};
      const run = await onRay('ray', {
        onStderr: (text) => {
          const finished = Number(/(\d+)\/\d+ (?!.*\d+\/\d+ )/s.exec(text)?.[1] ?? 0);
          if (finished >= sceneCount * 0.25) {
            hurt.worker ??= cluster.order('kill-worker');
          }
          if (finished >= sceneCount * 0.5) {
            hurt.node ??= (hurt.worker ?? Promise.resolve({})).then(() => cluster.order('kill-node'));
          }
        },
      });
      expect(run).toMatchObject({ status: 0 });
      expect((await hurt.worker)?.['killed']).toHaveLength(1);
      expect(await hurt.node).toEqual({ nodes: 2 });
      expect(resultOf(run.stdout)).toMatchObject({ items: sceneCount, done: sceneCount, failed: 0, remaining: 0 });

      const single = await runThink2seg([...common, '-o', 'single', '--quiet'], { cwd: folder });
      expect(single.status).toBe(0);
      expect(reproducible(join(folder, 'ray'))).toEqual(reproducible(join(folder, 'single')));
      const doneIds = doneLines(join(folder, 'ray')).map(({ id }) => id);
      expect(new Set(doneIds).size).toBe(sceneCount);
      expect(doneIds).toHaveLength(sceneCount);
      const left = (readdirSync(join(folder, 'ray'), { recursive: true }) as string[]).filter((name) =>
        basename(name).startsWith('.think2seg'),
      );
      expect(left).toEqual([]);
      process.stdout.write(
        `ray: ${sceneCount} scenes in ${resultOf(run.stdout).wallMs} ms on three nodes of this machine, two at the end; ` +
          `one engine alone ${resultOf(single.stdout).wallMs} ms\n`,
      );
    });

    it('stops at the second Ctrl-C, blames no scene for it, and goes on later', async () => {
      let interrupts = 0;
      const run = await onRay('stopped', {
        onStderr: (text, kill) => {
          const begun = interrupts === 0 && text.includes(`1/${sceneCount}`);
          if (begun || (interrupts === 1 && text.includes('Ctrl-C again'))) {
            interrupts++;
            kill('SIGINT');
          }
        },
      });
      expect(interrupts).toBe(2);
      expect(run.status).toBe(130);
      expect(readFileSync(join(folder, 'stopped/manifest.jsonl'), 'utf8')).not.toContain('"state":"failed"');
      const rest = await onRay('stopped');
      expect(resultOf(rest.stdout)).toMatchObject({ items: sceneCount, failed: 0, remaining: 0 });
      expect(reproducible(join(folder, 'stopped'))).toEqual(reproducible(join(folder, 'single')));
    });

    it('does nothing a second time', async () => {
      const again = await onRay('ray');
      expect(resultOf(again.stdout)).toMatchObject({ done: 0, alreadyDone: sceneCount, failed: 0 });
    });

    it('says what is missing when there is no cluster, or no Ray', async () => {
      const nobody = await runThink2seg(
        [...common, '-o', 'x', '--engine', 'ray', '--address', '127.0.0.1:1', '--python', '/nowhere/python'],
        { cwd: folder },
      );
      expect(nobody.status).toBe(5);
      expect(nobody.stderr).toContain('PROVIDER_UNAVAILABLE: the Ray driver /nowhere/python does not start');
    });
  },
);
