import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileIdentity } from '../../../src-main/core/files/file-identity.ts';
import { limitMemory } from '../../../src-main/core/inference/available-memory.ts';
import { BlockCache, blocksOf, forgetBlocks } from '../../../src-main/core/raster/block-cache.ts';
import { openRaster } from '../../../src-main/core/raster/open-raster.ts';
import { makeTiff } from '../../support/make-tiff.ts';

test('keeps no more bytes than its limit, and what was used last', () => {
  const cache = new BlockCache(100);
  const block = (): Uint8Array => new Uint8Array(30);
  for (const key of ['a', 'b', 'c']) {
    cache.set(key, block());
  }
  expect(cache.get('a')?.length).toBe(30);
  cache.set('d', block());
  // 120 bytes are too many: the one that was not asked for longest goes.
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
  cache.set('d', new Uint8Array(40));
  expect(['a', 'c', 'd'].map((key) => cache.get(key)?.length)).toEqual([30, 30, 40]);
  cache.set('large', new Uint8Array(51));
  expect(cache.get('large')).toBeUndefined();
});

test('blocks of the scene that was opened last are kept, until another one is, or the limit changes', () => {
  const first = blocksOf('first');
  first.set('a', new Uint8Array(30));
  expect(blocksOf('first').get('a')).toHaveLength(30);
  blocksOf('second');
  expect(blocksOf('first').get('a')).toBeUndefined();

  blocksOf('first').set('b', new Uint8Array(30));
  limitMemory(100e6);
  try {
    expect(blocksOf('first').get('b')).toBeUndefined();
    blocksOf('first').set('c', new Uint8Array(30));
    forgetBlocks();
    expect(blocksOf('first').get('c')).toBeUndefined();
  } finally {
    limitMemory(null);
  }
});

test('a scene that is opened again is not decoded again, and one that was written to is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-again-'));
  try {
    const path = join(folder, 'scene.tif');
    const { signal } = new AbortController();
    const readFirst = async (): Promise<unknown> => {
      const scene = await openRaster(path, signal);
      const windowPx = { x: 0, y: 0, width: 8, height: 8 };
      const window = await scene.readWindow({ windowPx, outWidth: 8, outHeight: 8, bands: [1] }, signal);
      await scene.close();
      return window.bands[0]?.[0];
    };
    await writeFile(path, makeTiff({ width: 64, height: 64, bands: 1, tile: 32, deflate: true, value: () => 5 }));
    expect(await readFirst()).toBe(5);
    const identity = String(await fileIdentity(path));
    const kept = blocksOf(identity);
    expect(kept.get(`${identity}/the image/0`)).toHaveLength(32 * 32);
    expect(kept.get(`${identity}/the image/1`)).toBeUndefined();
    kept.set(`${identity}/the image/0`, new Uint8Array(32 * 32).fill(6));
    expect(await readFirst()).toBe(6);

    await writeFile(path, makeTiff({ width: 64, height: 64, bands: 1, tile: 32, deflate: true, value: () => 7 }));
    expect(await readFirst()).toBe(7);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a raster far larger than memory opens, and a window of it costs what the window costs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-vast-'));
  try {
    const side = 400_000;
    const tile = 8192;
    const sparseBlocks = Array.from({ length: Math.ceil(side / tile) ** 2 }, (_, index) => index);
    const path = join(folder, 'vast.tif');
    await writeFile(
      path,
      makeTiff({ width: side, height: side, bands: 1, tile, bigTiff: true, sparseBlocks, value: () => 0 }),
    );
    const { signal } = new AbortController();
    const scene = await openRaster(path, signal);
    const before = process.memoryUsage().rss;
    const windowPx = { x: side - 2000, y: side - 2000, width: 2000, height: 2000 };
    const window = await scene.readWindow({ windowPx, outWidth: 2000, outHeight: 2000, bands: [1] }, signal);
    expect(window.bands[0]).toHaveLength(4_000_000);
    // 160 GB of samples; the window needs 8 MB of results.
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    await scene.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
