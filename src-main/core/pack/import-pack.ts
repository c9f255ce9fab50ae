import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Think2SegError } from '../../contract/errors.ts';
import type { OnProgress } from '../../contract/progress.ts';
import { syncFile } from '../files/sync.ts';
import { writeFailure } from '../files/write-failure.ts';
import {
  checkForeignDescription,
  findForeignFiles,
  foreignManifest,
  type ForeignDescription,
  type SourceFile,
} from './foreign-pack.ts';
import { loadPack, type Pack } from './load-pack.ts';
import { manifestName, packRoot, parseManifest, readManifest } from './manifest.ts';
import { findPackFile } from './pack-path.ts';
import { byteProgress } from './verify-pack.ts';

export interface ImportOptions {
  /** Folder of the user's packs; made when it is missing. */
  readonly packsDirectory: string;
  /** For folders without pack.json. */
  readonly foreign: ForeignDescription | null;
  /** Whether a pack of the same id may be replaced. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

interface ImportPlan {
  readonly id: string;
  readonly files: readonly SourceFile[];
  /** Text of pack.json, once the sums of the copies are known. */
  manifestText: (copied: readonly { path: string; bytes: number; sha256: string }[]) => string | Buffer;
}

/**
 * Copies a pack (or a foreign folder in the transformers.js layout) to `<packsDirectory>/<id>`. Every sum is computed from the
 * bytes that are copied and compared with the manifest; only files the manifest lists are copied. The pack appears complete or
 * not at all: a failure or an abort leaves everything as it was.
 *
 * @throws {Think2SegError} those of `loadPack`; PACK_EXISTS without `overwrite`; USAGE when a pack is described a second time;
 *   OUTPUT_FULL or OUTPUT_NOT_WRITABLE when it cannot be copied.
 */
export async function importPack(sourceDirectory: string, options: ImportOptions): Promise<Pack> {
  const { packsDirectory, signal } = options;
  const plan = await planImport(sourceDirectory, options.foreign);
  const target = join(packsDirectory, plan.id);
  await refuseExisting(target, options.overwrite);

  const temporary = join(packsDirectory, `.importing-${randomUUID()}`);
  await mkdir(temporary, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(packsDirectory, error);
  });
  try {
    const copied = await copyFiles(plan.files, temporary, options);
    await writeFile(join(temporary, manifestName), plan.manifestText(copied));
    // The same checks as at every later use: what cannot be loaded is not imported.
    await loadPack(temporary, signal);
    signal.throwIfAborted();
    await refuseExisting(target, options.overwrite);
    await moveIntoPlace(temporary, target);
  } catch (error) {
    throw writeFailure(target, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return loadPack(target, signal);
}

async function planImport(sourceDirectory: string, foreign: ForeignDescription | null): Promise<ImportPlan> {
  const root = await packRoot(sourceDirectory);
  const ownManifest = await findPackFile(root, manifestName);
  if (ownManifest === null && foreign !== null) {
    const origin = 'the description of the pack';
    await checkForeignDescription(foreign, (text) => parseManifest(text, origin));
    const files = await findForeignFiles(root, foreign.licencePath);
    return {
      id: foreign.id,
      files,
      manifestText: (copied) => `${JSON.stringify(foreignManifest(foreign, copied), null, 2)}\n`,
    };
  }
  if (ownManifest !== null && foreign !== null) {
    throw new Think2SegError(
      'USAGE',
      `${sourceDirectory} has its own ${manifestName}, which says id, template and licence; import it without those options`,
    );
  }
  if (ownManifest === null) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${sourceDirectory} has no ${manifestName}; expected a model pack, or a prompt template, id and licence for a folder in the ` +
        'transformers.js layout; see `think2seg pack --help`',
    );
  }
  const { manifest, manifestBytes } = await readManifest(root);
  const files: SourceFile[] = [];
  const missing: string[] = [];
  for (const { path } of manifest.files) {
    const found = await findPackFile(root, path);
    if (found === null) {
      missing.push(path);
    } else {
      files.push({ path, ...found });
    }
  }
  if (missing.length > 0) {
    throw new Think2SegError(
      'PACK_INCOMPLETE',
      `${sourceDirectory} is missing ${missing.join(', ')}; expected every file that pack.json lists; get the pack again`,
    );
  }
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  return {
    id: manifest.id,
    files,
    manifestText: (copied) => {
      const damaged = copied.filter(
        ({ path, bytes, sha256 }) => expected.get(path)?.sha256 !== sha256 || expected.get(path)?.bytes !== bytes,
      );
      if (damaged.length > 0) {
        throw new Think2SegError(
          'PACK_DAMAGED',
          `${sourceDirectory}: ${damaged.map(({ path }) => path).join(', ')} differ from their sums in ${manifestName}; get the pack again`,
        );
      }
      return manifestBytes;
    },
  };
}

async function refuseExisting(target: string, overwrite: boolean): Promise<void> {
  if (!overwrite && (await exists(target))) {
    throw new Think2SegError('PACK_EXISTS', `${target} exists already; use it as it is, or import with --overwrite`);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function copyFiles(
  files: readonly SourceFile[],
  targetDirectory: string,
  options: ImportOptions,
): Promise<{ path: string; bytes: number; sha256: string }[]> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = byteProgress(total, options.onProgress);
  const copied = [];
  for (const { path, realPath } of files) {
    options.signal.throwIfAborted();
    const target = join(targetDirectory, path);
    await mkdir(dirname(target), { recursive: true });
    const hash = createHash('sha256');
    let bytes = 0;
    const observe = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        bytes += chunk.length;
        progress(chunk.length);
        done(null, chunk);
      },
    });
    const source = createReadStream(realPath, { highWaterMark: 1 << 20 });
    await pipeline(source, observe, createWriteStream(target), { signal: options.signal });
    await syncFile(target);
    copied.push({ path, bytes, sha256: hash.digest('hex') });
  }
  return copied;
}

/** Folders cannot be replaced in one step: the old one steps aside and comes back when the new one cannot take its place. */
async function moveIntoPlace(temporary: string, target: string): Promise<void> {
  if (!(await exists(target))) {
    await rename(temporary, target);
    return;
  }
  const aside = `${dirname(target)}/.replaced-${randomUUID()}`;
  await rename(target, aside);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
