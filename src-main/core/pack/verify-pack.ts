import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import type { PackVerification } from '../../contract/pack-report.ts';
import type { OnProgress } from '../../contract/progress.ts';
import { readFailure } from '../files/read-failure.ts';
import { sha256OfFile } from '../files/sha256.ts';
import { checkPackSettings } from './check-settings.ts';
import { loadPack } from './load-pack.ts';
import { manifestName, readManifest } from './manifest.ts';
import { findPackFile } from './pack-path.ts';

type FileState = PackVerification['files'][number];

/**
 * Compares every file with its size and SHA-256 in the manifest, and names files that the manifest does not know (they are
 * never read, so they do not make a pack bad). A link that leads out of the folder counts as missing.
 *
 * @throws {Think2SegError} PACK_NOT_FOUND, PACK_FOREIGN, PACK_INVALID when there is no manifest to compare with, and those of `loadPack` and
 *   `checkPackSettings` when every file is as listed and the pack could still answer nothing.
 */
export async function verifyPack(
  directory: string,
  options: { onProgress: OnProgress; signal: AbortSignal },
): Promise<PackVerification> {
  const { root, manifest } = await readManifest(directory);
  const progress = byteProgress(
    manifest.files.reduce((total, file) => total + file.bytes, 0),
    options.onProgress,
  );
  const files: FileState[] = [];
  for (const file of manifest.files) {
    files.push(await verifyFile(root, file, options.signal));
    progress(file.bytes);
  }
  const ok = files.every(({ state }) => state === 'ok');
  if (ok) {
    const { recipe } = await loadPack(root, options.signal);
    await checkPackSettings(root, recipe);
  }
  const known = new Set([manifestName, ...manifest.files.map(({ path }) => path)]);
  for (const path of await listFiles(root)) {
    if (!known.has(path)) {
      const found = await findPackFile(root, path).catch(() => null);
      files.push({ path, bytes: found?.bytes ?? 0, state: 'not-in-manifest' });
    }
  }
  return { id: manifest.id, directory: root, ok, files };
}

async function verifyFile(
  root: string,
  expected: { path: string; bytes: number; sha256: string },
  signal: AbortSignal,
): Promise<FileState> {
  const { path } = expected;
  let found;
  try {
    found = await findPackFile(root, path);
  } catch (error) {
    if (error instanceof Think2SegError) {
      found = null;
    } else {
      throw error;
    }
  }
  if (found === null) {
    return { path, bytes: 0, state: 'missing' };
  }
  if (found.bytes !== expected.bytes) {
    return { path, bytes: found.bytes, state: 'wrong-size' };
  }
  const { sha256 } = await sha256OfFile(found.realPath, signal);
  return { path, bytes: found.bytes, state: sha256 === expected.sha256 ? 'ok' : 'wrong-sum' };
}

/** All names below the folder, with `/` between parts; links are not followed. */
async function listFiles(root: string): Promise<string[]> {
  const paths: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      throw readFailure(folder, error);
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        folders.push(path);
      } else {
        paths.push(relative(root, path).split(sep).join('/'));
      }
    }
  }
  return paths.sort();
}

/** Reports progress in whole mebibytes; call it with the bytes that were just done. */
export function byteProgress(totalBytes: number, onProgress: OnProgress): (bytes: number) => void {
  const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress({ stage: 'loading', done: mebibytes(done), total: mebibytes(totalBytes) });
  };
}
