/** Trouble from outside while a batch runs: a file that goes away, a clock that jumps, kills at random moments. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemLines, reproducible, resultOf } from '../../support/batch-outputs.ts';
import { runThink2seg } from '../../support/command-line.ts';

const repository = resolve(import.meta.dirname, '../../..');
const harbour = join(repository, 'resources/sample/harbour.tif');
const common = ['-q', 'Where is liquid fuel kept in bulk?', '--format', 'geojson', '--provider', 'cpu', '--json'];
/** More of them where time allows: T2S_BATCH_KILLS=20. */
const kills = Number(process.env['T2S_BATCH_KILLS'] ?? '4');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeScenes(name: string, count: number): void {
  mkdirSync(join(folder, name));
  for (let index = 0; index < count; index++) {
    cpSync(harbour, join(folder, name, `scene-${index}.tif`));
  }
}

describe('a batch', { timeout: 600_000 }, () => {
  it('names a file that goes away while it runs, and does the rest', async () => {
    makeScenes('vanishing', 3);
    const run = await runThink2seg(['batch', 'vanishing', ...common, '-o', 'vanished'], {
      cwd: folder,
      onStderr: (text) => {
        if (text.includes('1/3')) {
          rmSync(join(folder, 'vanishing/scene-2.tif'), { force: true });
        }
      },
    });
    expect(run.status).toBe(7);
    const { done, failed, failures } = resultOf(run.stdout);
    expect({ done, failed }).toEqual({ done: 2, failed: 1 });
    expect(failures).toMatchObject([{ path: join(folder, 'vanishing/scene-2.tif'), code: 'INPUT_NOT_FOUND' }]);
  });

  it.each([
    ['forwards by a day', 86_400_000],
    ['backwards by a day', -86_400_000],
  ])('takes no notice of a clock that jumps %s', async (_, jumpMs) => {
    const name = `clock${jumpMs}`;
    makeScenes(name, 2);
    const jump = join(folder, `${name}.cjs`);
    // In the program and in its engine: the wall clock is another one from the second on.
    writeFileSync(
      jump,
      `const now = Date.now, start = now();
       const jumped = () => now() + (now() - start > 1000 ? ${jumpMs} : 0);
       globalThis.Date = class extends Date { constructor(...given) { super(...(given.length ? given : [jumped()])); } static now() { return jumped(); } };`,
    );
    const args = ['batch', name, ...common, '--timeout', '300', '--quiet', '-o', `${name}-out`];
    const run = await runThink2seg(args, { cwd: folder, environment: { NODE_OPTIONS: `--require ${jump}` } });
    expect(run.status).toBe(0);
    expect(resultOf(run.stdout)).toMatchObject({ done: 2, failed: 0 });
    const lines = itemLines(join(folder, `${name}-out`));
    expect(Math.abs(Date.parse(lines.at(-1)?.finishedAt ?? '') - Date.now())).toBeGreaterThan(80_000_000);
    for (const { wallMs } of lines) {
      expect(wallMs).toBeGreaterThan(0);
      expect(wallMs).toBeLessThan(300_000);
    }
    const again = await runThink2seg(args, { cwd: folder });
    expect(resultOf(again.stdout)).toMatchObject({ done: 0, alreadyDone: 2, failed: 0 });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'blames no scene when %s comes to all of its processes, and goes on',
    async (name) => {
      const [scenes, output] = [`group${name}`, `group${name}-out`];
      makeScenes(scenes, 8);
      const args = ['batch', scenes, ...common, '-o', output];
      const child = spawn(process.execPath, [join(repository, 'out/main/cli.cjs'), ...args], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      const ended = new Promise((done) => child.once('close', done));
      let said = '';
      let told = false;
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!told && said.includes('2/8')) {
          told = true;
          // As a scheduler does, and a terminal that closes: the engine hears it before the program.
          process.kill(-(child.pid ?? 0), name);
        }
      });
      expect(await ended).toBe(130);
      expect(itemLines(join(folder, output)).filter(({ state }) => state === 'failed')).toEqual([]);
      const rest = await runThink2seg([...args, '--quiet'], { cwd: folder });
      expect(resultOf(rest.stdout)).toMatchObject({ items: 8, failed: 0, remaining: 0 });
    },
  );

  it(`is done once and the same after ${kills} kills at random moments`, async () => {
    makeScenes('killed', 6);
    const args = ['batch', 'killed', ...common, '--quiet'];
    const undisturbed = await runThink2seg([...args, '-o', 'undisturbed'], { cwd: folder });
    const { wallMs } = resultOf(undisturbed.stdout);
    let state = 20_261_125;
    for (let kill = 0; kill < kills; kill++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const child = spawn(process.execPath, [join(repository, 'out/main/cli.cjs'), ...args, '-o', 'disturbed'], {
        cwd: folder,
        stdio: 'ignore',
      });
      const ended = new Promise((done) => child.once('close', done));
      await Promise.race([ended, new Promise((done) => setTimeout(done, (state / 2 ** 32) * wallMs))]);
      child.kill('SIGKILL');
      await ended;
    }
    const last = await runThink2seg([...args, '-o', 'disturbed'], { cwd: folder });
    expect(resultOf(last.stdout)).toMatchObject({ items: 6, failed: 0, remaining: 0 });
    expect(reproducible(join(folder, 'disturbed'))).toEqual(reproducible(join(folder, 'undisturbed')));
    const done = itemLines(join(folder, 'disturbed')).filter(({ state: how }) => how === 'done');
    expect(done).toHaveLength(6);
    const left = (readdirSync(join(folder, 'disturbed'), { recursive: true }) as string[]).filter((entry) =>
      basename(entry).startsWith('.think2seg'),
    );
    expect(left).toEqual([]);
  });
});
