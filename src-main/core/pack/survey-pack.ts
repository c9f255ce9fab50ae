import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { PackSurvey } from '../../contract/pack-report.ts';
import { findForeignModels, papers } from './foreign-pack.ts';
import { manifestName, packRoot } from './manifest.ts';
import { identifyModelFile } from './model-files.ts';
import { findPackFile } from './pack-path.ts';

/**
 * Looks into a folder before it is imported: whether it is a pack, and if not, which models it holds. Nothing is computed or copied.
 *
 * @throws {Think2SegError} PACK_NOT_FOUND without such a folder; PACK_FOREIGN, PACK_INCOMPLETE or PACK_INVALID when it is neither a pack
 *   nor a whole folder in the transformers.js layout.
 */
export async function surveyPack(sourceDirectory: string): Promise<PackSurvey> {
  const root = await packRoot(sourceDirectory);
  if ((await findPackFile(root, manifestName)) !== null) {
    return { kind: 'pack' };
  }
  const { folders, files } = await findForeignModels(root);
  return {
    kind: 'foreign',
    folders,
    models: files.flatMap(({ path, bytes }) => (identifyModelFile(path) === null ? [] : [{ path, bytes }])),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    suggestedId: idFrom(basename(root)),
    licencePath: await findLicence(sourceDirectory, root, [folders.lvlm, folders.segmenter]),
  };
}

/** A name that a pack may have. */
function idFrom(folderName: string): string {
  const plain = folderName.toLowerCase().replace(/[^a-z0-9._-]+/gu, '-');
  return plain.replace(/^[^a-z0-9]+/u, '').slice(0, 64) || 'pack';
}

/**
 * That of the whole folder first, then the language model's, which binds more than a segmenter's.
 *
 * @returns a path below the folder as it was given, since that is the one which the user chose
 */
async function findLicence(sourceDirectory: string, root: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of ['.', ...folders]) {
    const names = (await readdir(join(root, folder))).sort();
    const name = names.find((candidate) => papers.test(candidate) && /^licen[cs]e/iu.test(candidate));
    if (name !== undefined && (await findPackFile(root, join(folder, name))) !== null) {
      return join(sourceDirectory, folder, name);
    }
  }
  return null;
}
