/** Sums of large files on a thread of their own against the same sums on this one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { digestBeside } from '../../../src-main/engine/digest/digest-beside.ts';

const entryPath = resolve(import.meta.dirname, '../../../out/main/file-digest.cjs');
const { signal } = new AbortController();

let folder: string;
let large: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-digest-'));
  large = join(folder, 'large.tif');
  await writeFile(large, Buffer.alloc(33 * 1024 * 1024, 'think'));
});
afterAll(() => rm(folder, { recursive: true }));

it('gives the sum of a large file and of a small one', async () => {
  const small = join(folder, 'small.tif');
  await writeFile(small, 'a few bytes');
  const digest = digestBeside(entryPath);
  expect(await digest(large, signal)).toEqual(await sha256OfFile(large, signal));
  expect(await digest(small, signal)).toEqual(await sha256OfFile(small, signal));
});

it('sums up large files only on a thread', async () => {
  const digest = digestBeside(join(folder, 'no-such-entry.cjs'));
  const small = join(folder, 'small.tif');
  await writeFile(small, 'a few bytes');
  expect(await digest(small, signal)).toEqual(await sha256OfFile(small, signal));
  await expect(digest(large, signal)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('its thread failed') as string,
  });
});

it('says why a file cannot be read', async () => {
  await expect(digestBeside(entryPath)(join(folder, 'missing.tif'), signal)).rejects.toMatchObject({
    code: 'INPUT_NOT_READABLE',
  });
});

it('stops at an abort', async () => {
  const controller = new AbortController();
  const running = digestBeside(entryPath)(large, controller.signal);
  setTimeout(() => controller.abort(), 10);
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  await expect(digestBeside(entryPath)(large, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
