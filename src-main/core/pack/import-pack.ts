import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Think2SegError } from '../../contract/errors.ts';
import type { OnProgress } from '../../contract/progress.ts';
import { readFailure } from '../files/read-failure.ts';
import { syncFile } from '../files/sync.ts';
import { writeFailure } from '../files/write-failure.ts';
import type { LvlmRecipe } from '../ports.ts';
import { checkPackSettings } from './check-settings.ts';
import {
  checkForeignDescription,
  findForeignFiles,
  foreignManifest,
  type ForeignDescription,
  type SourceFile,
} from './foreign-pack.ts';
import {
  exists,
  makeImportScratch,
  moveIntoPlace,
  removeAbandonedImports,
  removeImportScratch,
} from './import-scratch.ts';
import { loadPack, recipeOf, type Pack } from './load-pack.ts';
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
  readonly recipe: LvlmRecipe;
  readonly files: readonly SourceFile[];
  /** Text of pack.json, once the sums of the copies are known. */
  manifestText: (copied: readonly CopiedFile[]) => string | Buffer;
}

interface CopiedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Copies a pack (or a foreign folder in the transformers.js layout) to `<packsDirectory>/<id>`. Every sum is computed from the
 * bytes that are copied and compared with the manifest; only files the manifest lists are copied. The pack appears complete or
 * not at all: a failure or an abort leaves everything as it was. What imports that were killed have left is removed first.
 *
 * @throws {Think2SegError} those of `loadPack`; PACK_EXISTS without `overwrite`; USAGE when a pack is described a second time;
 *   INPUT_NOT_READABLE, OUTPUT_FULL or OUTPUT_NOT_WRITABLE when it cannot be copied.
 */
export async function importPack(sourceDirectory: string, options: ImportOptions): Promise<Pack> {
  const { packsDirectory, signal } = options;
  const plan = await planImport(sourceDirectory, options.foreign);
  const target = join(packsDirectory, plan.id);
  await removeAbandonedImports(packsDirectory);
  await refuseExisting(target, options.overwrite);

  const scratch = await makeImportScratch(packsDirectory);
  try {
    const copied = await copyPack(plan, scratch.packDirectory, options);
    await writeFile(join(scratch.packDirectory, manifestName), plan.manifestText(copied));
    // The same checks as at every later use: what cannot be loaded is not imported.
    await loadPack(scratch.packDirectory, signal);
    signal.throwIfAborted();
    await refuseExisting(target, options.overwrite);
    await moveIntoPlace(scratch, target);
  } catch (error) {
    throw writeFailure(target, error);
  } finally {
    await removeImportScratch(scratch.directory);
  }
  return loadPack(target, signal);
}

async function planImport(sourceDirectory: string, foreign: ForeignDescription | null): Promise<ImportPlan> {
  const root = await packRoot(sourceDirectory);
  const ownManifest = await findPackFile(root, manifestName);
  if (ownManifest === null && foreign !== null) {
    const origin = 'the description of the pack';
    const manifest = await checkForeignDescription(foreign, (text) => parseManifest(text, origin));
    const files = await findForeignFiles(root, foreign.licencePath);
    return {
      id: foreign.id,
      recipe: recipeOf(manifest),
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
    recipe: recipeOf(manifest),
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

/** Settings first, to find out before the gigabytes come whether they are of any use. */
async function copyPack(
  { files, recipe }: ImportPlan,
  targetDirectory: string,
  options: ImportOptions,
): Promise<CopiedFile[]> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = byteProgress(total, options.onProgress);
  const isModel = ({ path }: SourceFile): boolean => path.includes('/onnx/');
  const copy = (chosen: readonly SourceFile[]): Promise<CopiedFile[]> =>
    copyFiles(chosen, targetDirectory, { progress, signal: options.signal });
  const settings = await copy(files.filter((file) => !isModel(file)));
  await checkPackSettings(targetDirectory, recipe).catch((error: unknown) => {
    throw namedInPack(error, targetDirectory);
  });
  return [...settings, ...(await copy(files.filter(isModel)))];
}

/** The folder of an import is gone when the user reads of it: what lay there goes by its path in the pack. */
function namedInPack(error: unknown, directory: string): unknown {
  return error instanceof Think2SegError
    ? new Think2SegError(error.code, error.message.replaceAll(`${directory}${sep}`, ''), { cause: error })
    : error;
}

/** What cannot be read is a matter of the source, not of the place that it is copied to. */
async function* readSource(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function copyFiles(
  files: readonly SourceFile[],
  targetDirectory: string,
  { progress, signal }: { progress: (bytes: number) => void; signal: AbortSignal },
): Promise<CopiedFile[]> {
  const copied = [];
  for (const { path, realPath } of files) {
    signal.throwIfAborted();
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
    await pipeline(readSource(realPath), observe, createWriteStream(target), { signal });
    await syncFile(target);
    copied.push({ path, bytes, sha256: hash.digest('hex') });
  }
  return copied;
}
