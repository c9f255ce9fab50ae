/** Tiles in the real program: what is skipped, what a kill costs, and that neither order nor number of engines shows in the result. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { runThink2seg } from '../../support/command-line.ts';
import { makeTiff } from '../../support/make-tiff.ts';

const repository = resolve(import.meta.dirname, '../../..');
const harbour = join(repository, 'resources/sample/harbour.tif');
const tiles = ['-q', 'Where is liquid fuel kept in bulk?', '--scale', 'tiles', '--overlap', '140', '--provider', 'cpu'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-tile-runs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All bytes of an output but those that only say when it was made. */
function reproducible(path: string): string {
  const json = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { think2seg: Record<string, unknown> };
  const { createdAt, timingsMs, ...record } = json.think2seg;
  expect([createdAt, timingsMs]).not.toContain(undefined);
  return JSON.stringify({ ...json, think2seg: record });
}

function journalLines(): string[] {
  const [name] = readdirSync(folder).filter((entry) => entry.startsWith('.think2seg-tiles-'));
  return name === undefined ? [] : readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
}

/** Kills the program once it has answered two tiles. */
async function killAfterTwoTiles(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(repository, 'out/main/cli.cjs'), ...args], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('close', done));
  while (journalLines().length < 2 && child.exitCode === null) {
    await new Promise((done) => setTimeout(done, 20));
  }
  child.kill('SIGKILL');
  await ended;
}

describe('tiles of a scene', { timeout: 300_000 }, () => {
  it('are answered once although the program is killed, in whatever order they were answered before', async () => {
    // One thread: tiles are asked one after another; below they are asked side by side where there are cores.
    const plain = ['segment', harbour, ...tiles, '--threads', '1', '-o', 'plain.geojson'];
    expect(await runThink2seg(plain, { cwd: folder })).toMatchObject({ status: 0 });
    expect(journalLines()).toEqual([]);
    await killAfterTwoTiles(['segment', harbour, ...tiles, '-o', 'killed.geojson']);
    const before = journalLines();
    expect(before.length).toBeGreaterThanOrEqual(2);
    const [name = ''] = readdirSync(folder).filter((entry) => entry.startsWith('.think2seg-tiles-'));
    // The other order, and a line that the kill cut off.
    writeFileSync(join(folder, name), `${[...before].reverse().join('\n')}\n{"tile":7,"sta`);
    const rest = await runThink2seg(['segment', harbour, ...tiles, '-o', 'killed.geojson', '--json'], { cwd: folder });
    const { scale, timingsMs } = JSON.parse(rest.stdout.trimEnd().split('\n').at(-1) ?? '') as SegmentResult;
    expect(scale).toMatchObject({ name: 'tiles', failed: 0 });
    expect(timingsMs).not.toEqual({});
    expect(reproducible('killed.geojson')).toBe(reproducible('plain.geojson'));
    expect(readdirSync(folder).filter((entry) => entry.startsWith('.think2seg'))).toEqual([]);
  });

  it('come to the same bytes with one engine that asks two at a time and with two that ask one', async () => {
    mkdirSync(join(folder, 'in'));
    for (const name of ['a.tif', 'b.tif']) {
      cpSync(harbour, join(folder, 'in', name));
    }
    for (const workers of ['1', '2']) {
      const args = [
        'batch',
        'in',
        ...tiles,
        '--threads',
        String(3 - Number(workers)),
        '--format',
        'geojson',
        '-o',
        `by-${workers}`,
        '--workers',
        workers,
        '--quiet',
      ];
      expect(await runThink2seg(args, { cwd: folder })).toMatchObject({ status: 0 });
    }
    const names = readdirSync(join(folder, 'by-1/scenes')).sort();
    expect(names).toHaveLength(2);
    expect(readdirSync(join(folder, 'by-2/scenes')).sort()).toEqual(names);
    for (const name of names) {
      expect(reproducible(`by-2/scenes/${name}`)).toBe(reproducible(`by-1/scenes/${name}`));
    }
  });

  it('are skipped and counted when there is nothing to see', async () => {
    // Four tiles in a row: nodata, one colour, cloud, ground.
    const value = (x: number, y: number, band: number): number => {
      const grain = (Math.imul(x * 73 + y * 179 + band, 0x9e3779b1) >>> 28) & 7;
      return [0, 120, 246 + grain, 90 + grain * 4 + band][Math.floor(x / 280)] ?? 0;
    };
    const tiff = makeTiff({
      width: 1120,
      height: 280,
      bands: 3,
      photometric: 2,
      tile: 256,
      deflate: true,
      texts: { 42113: '0' },
      value,
    });
    writeFileSync(join(folder, 'blank.tif'), tiff);
    const run = await runThink2seg(
      ['segment', 'blank.tif', ...tiles.slice(0, -3), '0', '--provider', 'cpu', '--json', '--quiet'],
      { cwd: folder },
    );
    const { scale } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as SegmentResult;
    expect(scale).toMatchObject({ tiles: 4, answered: 1, failed: 0, skipped: { nodata: 1, uniform: 1, white: 1 } });
  });
});
