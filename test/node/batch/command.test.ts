import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doneLines, reproducible, resultOf } from '../../support/batch-outputs.ts';
import { runThink2seg, type RunOptions } from '../../support/command-line.ts';
import { childrenOf } from '../../support/process-tree.ts';

const repository = resolve(import.meta.dirname, '../../..');
const harbour = join(repository, 'resources/sample/harbour.tif');
const fuel = 'Where is liquid fuel kept in bulk?';
const water = 'Which is the largest body of water?';

let folder: string;
let scenes: string[];

/** The sample scene several times under several names. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-batch-cli-'));
  const input = join(folder, 'in');
  mkdirSync(input);
  scenes = Array.from({ length: 4 }, (_, index) => join(input, `scene-${index}.tif`));
  scenes.forEach((path) => cpSync(harbour, path));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function batch(args: readonly string[], runOptions: RunOptions = {}) {
  return runThink2seg(['batch', ...args], { cwd: folder, ...runOptions });
}

function leftovers(output: string): string[] {
  return (readdirSync(join(folder, output), { recursive: true }) as string[]).filter((name) =>
    basename(name).startsWith('.think2seg'),
  );
}

describe('think2seg batch', { timeout: 150_000 }, () => {
  it('works through folders and questions, and makes one GeoPackage and a page', async () => {
    const run = await batch(['in', '-q', fuel, '-q', water, '-o', 'plain', '--merge', '--json']);
    expect(run).toMatchObject({ status: 0 });
    const result = resultOf(run.stdout);
    expect(result).toMatchObject({ items: 8, done: 8, failed: 0, remaining: 0 });
    expect(run.stderr).toMatch(/8\/8 .* polygons?, [\d.]+ s; [\d.]+ (scenes\/s|s\/scene)/);

    const merged = spawnSync('ogrinfo', ['-so', '-al', join(folder, 'plain/merged.gpkg')], { encoding: 'utf8' });
    if (merged.error === undefined) {
      const counts = [...merged.stdout.matchAll(/Feature Count: (\d+)/g)].map(([, count]) => Number(count));
      expect(counts).toHaveLength(2);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(result.features);
      const areas = spawnSync(
        'ogrinfo',
        [
          join(folder, 'plain/merged.gpkg'),
          '-sql',
          'SELECT SUM(area_m2) AS a, COUNT(DISTINCT scene) AS s FROM "where-is-liquid-fuel-kept-in-bulk"',
        ],
        { encoding: 'utf8' },
      );
      const expected = doneLines(join(folder, 'plain'))
        .filter(({ question }) => question === fuel)
        .reduce((sum, { areaM2 }) => sum + (areaM2 ?? 0), 0);
      expect(Number(/a \(Real\) = ([\d.]+)/.exec(areas.stdout)?.[1])).toBeCloseTo(expected, 3);
      expect(areas.stdout).toContain('s (Integer) = 4');
    }
    const page = readFileSync(join(folder, 'plain/summary.html'), 'utf8');
    expect(page).toContain(fuel);
    expect(page).not.toMatch(/https?:\/\/|<script/);
    const pictures = [...page.matchAll(/src="([^"]+)"/g)].map(([, path]) => decodeURIComponent(path ?? ''));
    expect(pictures).toHaveLength(8);
    expect(pictures.filter((path) => !existsSync(join(folder, 'plain', path)))).toEqual([]);
  });

  it('sees a raster once for all questions about it', () => {
    const [first, second] = doneLines(join(folder, 'plain'));
    expect(first?.path).toBe(second?.path);
    expect(first?.timingsMs['vision']).toBeGreaterThan(1);
    // Nothing is seen a second time; a busy machine takes its time for nothing, too.
    expect(second?.timingsMs['vision']).toBeLessThan((first?.timingsMs['vision'] ?? 0) / 2);
    expect(second?.timingsMs).not.toHaveProperty('digest');
  });

  it('comes to the same files after kills at any moment, each scene done once', async () => {
    const args = ['in', '-q', fuel, '--format', 'geojson', '--quiet', '--json'];
    const startedMs = performance.now();
    expect(await batch([...args, '-o', 'undisturbed'])).toMatchObject({ status: 0 });
    const wholeMs = performance.now() - startedMs;
    let kills = 0;
    for (const share of [0.4, 0.6, 0.8]) {
      const child = spawn(process.execPath, [join(repository, 'out/main/cli.cjs'), 'batch', ...args, '-o', 'killed'], {
        cwd: folder,
        stdio: 'ignore',
      });
      // Listened to from the start: a try that had little left to do ends before it is killed.
      const ended = new Promise((done) => child.once('close', done));
      await new Promise((done) => setTimeout(done, share * wholeMs));
      kills += child.kill('SIGKILL') ? 1 : 0;
      await ended;
    }
    expect(kills).toBeGreaterThan(0);
    const last = await batch([...args, '-o', 'killed']);
    expect(resultOf(last.stdout)).toMatchObject({ items: 4, failed: 0, remaining: 0 });
    expect(reproducible(join(folder, 'killed'))).toEqual(reproducible(join(folder, 'undisturbed')));
    const ids = doneLines(join(folder, 'killed')).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(4);
    expect(leftovers('killed')).toEqual([]);
  });

  it('survives the abort of its engine: one scene fails, the rest is done', async () => {
    let aborted = false;
    const run = await batch(['in', '-q', fuel, '-o', 'aborted', '--json'], {
      onStderr: (text, _kill, pid) => {
        if (!aborted && text.includes('1/4')) {
          aborted = true;
          const engine = childrenOf(pid).find(({ command }) => command.includes('engine.cjs'));
          process.kill(engine?.pid ?? 0, 'SIGABRT');
        }
      },
    });
    expect(run.status).toBe(7);
    expect(resultOf(run.stdout)).toMatchObject({ done: 3, failed: 1, failures: [{ code: 'ENGINE_CRASHED' }] });
    expect(readFileSync(join(folder, 'aborted/summary.html'), 'utf8')).toContain('ENGINE_CRASHED');
    const retried = await batch(['in', '-q', fuel, '-o', 'aborted', '--retry-failed', '--json', '--quiet']);
    expect(retried.status).toBe(0);
    expect(resultOf(retried.stdout)).toMatchObject({ done: 1, alreadyDone: 3 });
    expect(leftovers('aborted')).toEqual([]);
  });

  it('finishes the running scene at the first Ctrl-C and goes on later', async () => {
    let interrupted = false;
    const run = await batch(['in', '-q', fuel, '-o', 'interrupted', '--json'], {
      onStderr: (text, kill) => {
        if (!interrupted && text.includes('1/4')) {
          interrupted = true;
          kill('SIGINT');
        }
      },
    });
    expect(run).toMatchObject({ status: 130 });
    const result = resultOf(run.stdout);
    expect(result.failed).toBe(0);
    expect(result.done).toBeGreaterThanOrEqual(1);
    expect(result.remaining).toBeGreaterThanOrEqual(1);
    expect(doneLines(join(folder, 'interrupted'))).toHaveLength(result.done);
    const rest = await batch(['in', '-q', fuel, '-o', 'interrupted', '--json', '--quiet']);
    expect(resultOf(rest.stdout)).toMatchObject({ done: result.remaining, alreadyDone: result.done });
  });

  it('stops at once at the second Ctrl-C and leaves nothing unfinished', async () => {
    let interrupts = 0;
    const run = await batch(['in', '-q', fuel, '-o', 'twice'], {
      onStderr: (text, kill) => {
        if ((interrupts === 0 && text.includes('1/4')) || (interrupts === 1 && text.includes('Ctrl-C again'))) {
          interrupts++;
          kill('SIGINT');
        }
      },
    });
    expect(interrupts).toBe(2);
    expect(run.status).toBe(130);
    expect(run.stderr).toContain('CANCELLED');
    expect(leftovers('twice')).toEqual([]);
    const rest = await batch(['in', '-q', fuel, '-o', 'twice', '--json', '--quiet']);
    expect(resultOf(rest.stdout)).toMatchObject({ items: 4, failed: 0, remaining: 0 });
  });

  it('names corrupt, missing and unreadable inputs and does the rest', async () => {
    mkdirSync(join(folder, 'bad/closed'), { recursive: true });
    cpSync(harbour, join(folder, 'bad/good.tif'));
    writeFileSync(join(folder, 'bad/cut.tif'), readFileSync(harbour).subarray(0, 100_000));
    writeFileSync(join(folder, 'bad/text.tif'), 'no raster');
    writeFileSync(join(folder, 'list.txt'), '# a list\nbad\nbad/gone.tif\n');
    chmodSync(join(folder, 'bad/closed'), 0);
    const run = await batch(['--list', 'list.txt', '-q', water, '-o', 'faults', '--json', '--quiet']);
    expect(run.status).toBe(7);
    const codes = resultOf(run.stdout).failures.map(({ path, code }) => `${basename(path)} ${code}`);
    const asRoot = process.getuid?.() === 0;
    expect(codes).toEqual([
      ...(asRoot ? [] : ['closed INPUT_NOT_READABLE']),
      'cut.tif INPUT_CORRUPT',
      'gone.tif INPUT_NOT_FOUND',
      'text.tif INPUT_NOT_RASTER',
    ]);
    expect(resultOf(run.stdout).done).toBe(1);
  });

  it('reads a table of rasters, questions and windows', async () => {
    writeFileSync(
      join(folder, 'table.csv'),
      `raster,question,window\nin/scene-0.tif,"${fuel}","0,0,512,512"\nin/scene-0.tif,${water},\n`,
    );
    const run = await batch(['--table', 'table.csv', '-o', 'table', '--json', '--quiet']);
    expect(resultOf(run.stdout)).toMatchObject({ items: 2, done: 2 });
    expect(doneLines(join(folder, 'table')).map(({ target }) => target.kind)).toEqual(['window', 'scene']);
  });

  it('gets past a raster without a place on the Earth where metres or bounds are asked for', async () => {
    cpSync(harbour, join(folder, 'placed.tif'));
    const bare = new PNG({ width: 300, height: 300 });
    bare.data.fill(255);
    writeFileSync(join(folder, 'bare.png'), PNG.sync.write(bare));
    writeFileSync(join(folder, 'bounds.csv'), `raster;question;bbox\nbare.png;${fuel};0,0,9,9\nplaced.tif;${fuel};\n`);
    for (const work of [
      ['bare.png', 'placed.tif', '-q', fuel, '--gsd', '1'],
      ['--table', 'bounds.csv'],
    ]) {
      const run = await batch([...work, '-o', `placed-${work[0]}`, '--json', '--quiet']);
      expect(run.status).toBe(7);
      expect(resultOf(run.stdout)).toMatchObject({ done: 1, failures: [{ code: 'GEOREFERENCE_MISSING' }] });
    }
  });

  it('stops with the reason when the disk is full, and finishes once there is room', async (context) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=440k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      context.skip('no right to mount a small disk');
    }
    try {
      const args = ['in', '-q', fuel, '-o', 'disk/out', '--json', '--quiet'];
      const full = await batch(args);
      expect(full.status).toBe(6);
      expect(full.stderr).toMatch(/^OUTPUT_FULL: .*free some space/);
      const doneBefore = doneLines(join(folder, 'disk/out')).length;
      expect(doneBefore).toBeGreaterThan(0);
      execFileSync('mount', ['-o', 'remount,size=8m', disk], { stdio: 'pipe' });
      const rest = await batch(args);
      expect(rest.status).toBe(0);
      expect(resultOf(rest.stdout)).toMatchObject({ alreadyDone: doneBefore, done: 4 - doneBefore, failed: 0 });
      expect(leftovers('disk/out')).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('refuses an output folder that cannot be written, before any work', async (context) => {
    const disk = join(folder, 'read-only');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      context.skip('no right to mount a read-only disk');
    }
    try {
      const run = await batch(['in', '-q', fuel, '-o', 'read-only/out']);
      expect(run).toMatchObject({ status: 6 });
      expect(run.stderr).toMatch(/OUTPUT_NOT_WRITABLE/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it.each([
    [['in', '-o', 'x'], 2, '--query is missing'],
    [['in', '-q', 'a'], 2, '--output is missing'],
    [['-q', 'a', '-o', 'x'], 2, 'no rasters were named'],
    [['in', '-q', 'a', '-o', 'x', '--shard', '3/2'], 2, '--shard got "3/2"'],
    [['in', '-q', 'a', '-o', 'x', '--format', 'dwg'], 2, '.dwg'],
    [['in', '-q', 'a', '-o', 'x', '--pack', 'nowhere'], 4, 'nowhere'],
  ] as const)('says what is wrong with %j', async (args, status, message) => {
    const run = await batch(args);
    expect(run.status).toBe(status);
    expect(run.stderr).toContain(message);
  });
});
