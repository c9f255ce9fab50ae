import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBatchRequest } from '../../../src-main/app/batch-request.ts';
import type { BatchNews, BatchRequest, BatchResult } from '../../../src-main/contract/batch.ts';
import { createHandlers } from '../../../src-main/engine/handlers.ts';
import { runThink2seg } from '../../support/command-line.ts';

vi.setConfig({ testTimeout: 240_000 });

const root = resolve(import.meta.dirname, '../../..');
const handlers = createHandlers();
const questions = ['Where is liquid fuel kept in bulk?', 'Where are ships built?'];

let folder: string;
let rasters: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-batch-route-'));
  rasters = join(folder, 'rasters');
  await mkdir(rasters);
  const scene = join(root, 'resources/sample/harbour.tif');
  await copyFile(scene, join(rasters, 'a.tif'));
  await copyFile(scene, join(rasters, 'b.tif'));
  await writeFile(join(rasters, 'c.tif'), 'this is no raster');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function requestOf(changes: Partial<BatchRequest> = {}): BatchRequest {
  return {
    inputs: [rasters],
    listPath: null,
    tablePath: null,
    questions,
    merge: false,
    options: {
      bands: null,
      mode: 'native',
      simplifyPx: 1,
      minAreaM2: 0,
      connectivity: 4,
      packDirectory: join(root, 'models/nano'),
      provider: 'cpu',
      threads: null,
      scale: { name: 'auto', gsdM: null, overlapPx: null },
      formats: ['.gpkg'],
    },
    ...changes,
  };
}

async function run(
  name: string,
  options: {
    retryFailed?: boolean;
    crashedKeys?: string[];
    onNews?: (news: BatchNews) => void;
    stop?: AbortSignal;
  } = {},
): Promise<{ result: BatchResult; news: BatchNews[] }> {
  const news: BatchNews[] = [];
  const result = await handlers['batch.run'](
    {
      folder: join(folder, name),
      request: requestOf(),
      retryFailed: options.retryFailed ?? false,
      crashedKeys: options.crashedKeys ?? [],
    },
    {
      signal: options.stop ?? new AbortController().signal,
      onProgress: ({ batch }) => {
        if (batch !== undefined) {
          news.push(batch);
          options.onNews?.(batch);
        }
      },
    },
  );
  return { result, news };
}

function kinds(news: readonly BatchNews[], kind: BatchNews['kind']): BatchNews[] {
  return news.filter((one) => one.kind === kind);
}

describe('a batch in the engine of the desktop', () => {
  it('stands still when asked, goes on, tells what was done before, and retries what failed', async () => {
    const name = 'paused';
    const first = await run(name, {
      onNews: ({ kind }) => {
        if (kind === 'item-started') {
          void handlers['batch.pause']({ folder: join(folder, name) }, idle());
        }
      },
    });
    expect(first.result).toMatchObject({ items: 6, done: 1, remaining: 5, failed: 0 });
    expect(first.news[0]).toMatchObject({ kind: 'planned', items: { length: 6 } });

    const second = await run(name);
    expect(second.result).toMatchObject({ items: 6, alreadyDone: 1, done: 3, failed: 2, remaining: 0, noTarget: 2 });
    expect(kinds(second.news, 'item-known')).toMatchObject([{ state: 'done', finished: 1, total: 6 }]);
    expect(second.result.failures.map(({ code }) => code)).toEqual(['INPUT_NOT_RASTER', 'INPUT_NOT_RASTER']);

    await copyFile(join(rasters, 'a.tif'), join(rasters, 'c.tif'));
    const third = await run(name, { retryFailed: true });
    expect(third.result).toMatchObject({ alreadyDone: 4, done: 2, failed: 0 });
    await writeFile(join(rasters, 'c.tif'), 'this is no raster');

    const outputs = (await readdir(join(folder, name, 'scenes'))).filter((file) => file.endsWith('.gpkg'));
    expect(outputs).toHaveLength(6);
    for (const output of outputs) {
      expect(
        execFileSync('ogrinfo', ['-so', '-al', join(folder, name, 'scenes', output)], { encoding: 'utf8' }),
      ).toMatch(/Feature Count: \d+/);
    }
  });

  it('is the batch of the command line: each goes on with what the other began', async () => {
    const begun = join(folder, 'begun');
    const args = ['--provider', 'cpu', '--scale', 'auto', ...questions.flatMap((question) => ['-q', question])];
    const byCommand = await runThink2seg(['batch', join(rasters, 'a.tif'), ...args, '-o', begun, '--json', '--quiet']);
    expect(byCommand.status).toBe(0);
    expect(await readBatchRequest(begun)).toMatchObject({ inputs: [join(rasters, 'a.tif')], questions });

    const inWindow = await run('begun');
    expect(inWindow.result).toMatchObject({ items: 6, alreadyDone: 2, done: 2, failed: 2 });

    const again = await runThink2seg(['batch', rasters, ...args, '-o', begun, '--json', '--quiet']);
    expect(again.status).toBe(7);
    expect(JSON.parse(again.stdout)).toMatchObject({ items: 6, alreadyDone: 4, done: 0, failed: 2 });
    expect(await readBatchRequest(begun)).toMatchObject({ inputs: [rasters], questions });
  });

  it('lets questions of the window in between scenes', async () => {
    const order: string[] = [];
    let asked: Promise<unknown> = Promise.resolve();
    await run('between', {
      onNews: (news) => {
        order.push(news.kind);
        if (news.kind === 'item-started' && order.filter((kind) => kind === 'item-started').length === 1) {
          const { options } = requestOf();
          asked = handlers['query.ask'](
            { ...options, rasterPath: join(rasters, 'a.tif'), question: questions[0] ?? '', target: { kind: 'scene' } },
            idle(),
          ).then(() => order.push('asked'));
        }
      },
    });
    await asked;
    expect(order.indexOf('asked')).toBeGreaterThan(-1);
    expect(order.indexOf('asked')).toBeLessThan(order.lastIndexOf('item-finished'));
  });

  it('gets past a scene that an engine died of', async () => {
    const { news } = await run('crashed', { stop: AbortSignal.timeout(1) }).catch(() => ({ news: [] as BatchNews[] }));
    expect(news).toEqual([]);
    const keys: string[] = [];
    const { result } = await run('crashed', {
      onNews: (one) => {
        if (one.kind === 'planned') {
          keys.push(...one.items.map(({ key }) => key));
        }
      },
      crashedKeys: [],
    });
    expect(result.failed).toBe(2);
    await rm(join(folder, 'crashed'), { recursive: true });
    const past = await run('crashed', { crashedKeys: keys.slice(0, 1) });
    expect(past.result).toMatchObject({ done: 3, failed: 3, remaining: 0 });
    expect(past.result.failures.map(({ code }) => code)).toContain('ENGINE_CRASHED');
  });
});

describe('what a manifest says that its batch was asked for', () => {
  it('is nothing where there is no batch, or one of an older version', async () => {
    const old = join(folder, 'old');
    await mkdir(old);
    expect(await readBatchRequest(old)).toBeNull();
    const line = { kind: 'start', schema: 1, at: '', application: { name: 'think2seg', version: '0' } };
    const text = JSON.stringify({ ...line, pack: { id: 'p', sha256: '' }, shard: null, items: 0 });
    await writeFile(join(old, 'manifest.jsonl'), `${text}\n`);
    expect(await readBatchRequest(old)).toBeNull();
    expect(await readFile(join(old, 'manifest.jsonl'), 'utf8')).toContain(text);
  });
});

function idle() {
  return { signal: new AbortController().signal, onProgress: () => undefined };
}
