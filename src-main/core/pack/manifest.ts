import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import { explainWholeParse } from '../../contract/explain-parse.ts';
import { packManifestSchema, type PackManifest } from '../../contract/pack-manifest.ts';
import { checkPackPath, findPackFile, readPackFile } from './pack-path.ts';

export const manifestName = 'pack.json';

export interface ReadManifest {
  /** Real path of the pack's folder. */
  readonly root: string;
  readonly manifest: PackManifest;
  /** `pack.json` as it lies there. */
  readonly manifestBytes: Buffer;
  /** Identity of the pack, see `packIdentity`. */
  readonly sha256: string;
}

/**
 * Reads and checks `pack.json`; touches no other file.
 *
 * @throws {Think2SegError} PACK_NOT_FOUND without such a folder, PACK_FOREIGN without pack.json, PACK_INVALID when it says
 *   something that a pack cannot be.
 */
export async function readManifest(directory: string): Promise<ReadManifest> {
  const root = await packRoot(directory);
  const found = await findPackFile(root, manifestName);
  if (found === null) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${directory} has no ${manifestName}; expected a model pack; import the folder with \`think2seg pack import\``,
    );
  }
  const manifestBytes = await readPackFile(found.realPath);
  const manifest = parseManifest(manifestBytes.toString('utf8'), join(root, manifestName));
  return { root, manifest, manifestBytes, sha256: packIdentity(manifest, manifestBytes) };
}

/** Real path of a folder that may be a pack. */
export async function packRoot(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => null);
  if (found?.isDirectory() !== true) {
    throw new Think2SegError(
      'PACK_NOT_FOUND',
      `${directory} is ${found === null ? 'missing' : 'no folder'}; expected the folder or id of a model pack; see \`think2seg pack list\``,
    );
  }
  return realpath(directory);
}

/** Parses the text of a `pack.json`. `origin` is named in errors. */
export function parseManifest(text: string, origin: string): PackManifest {
  const invalid = (problem: string, cause?: unknown): Think2SegError =>
    new Think2SegError('PACK_INVALID', `${origin}: ${problem}; get the pack from its author again`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(`is no JSON (${error instanceof Error ? error.message : String(error)})`, error);
  }
  const parsed = packManifestSchema.safeParse(json);
  if (!parsed.success) {
    throw invalid(explainWholeParse(parsed.error), parsed.error);
  }
  const manifest = parsed.data;
  const seen = new Set<string>();
  for (const { path } of manifest.files) {
    checkPackPath(path, origin);
    // Windows and macOS would write both to one file.
    const folded = path.toLowerCase();
    if (folded === manifestName || seen.has(folded)) {
      throw invalid(`lists ${path} ${folded === manifestName ? 'itself' : 'twice'}`);
    }
    seen.add(folded);
  }
  for (const path of [manifest.licence.file, ...(manifest.modelCard === undefined ? [] : [manifest.modelCard])]) {
    if (!manifest.files.some((file) => file.path === path)) {
      throw invalid(`names ${path}, which is not among its files`);
    }
  }
  return manifest;
}

/**
 * Identity of a pack: SHA-256 over the lines `sha256  path` (as `sha256sum` prints them, each ended by a line feed) of all
 * its files, pack.json among them, sorted by path in code unit order. It changes when any byte of the pack changes.
 */
export function packIdentity(manifest: PackManifest, manifestBytes: Uint8Array): string {
  const own = { path: manifestName, sha256: createHash('sha256').update(manifestBytes).digest('hex') };
  const lines = [...manifest.files, own]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
