import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import { readFailure } from '../files/read-failure.ts';

/**
 * Refuses paths that could lead out of a pack on any system: absolute ones, drive letters, backslashes, `.` and `..` parts.
 *
 * @throws {Think2SegError} PACK_INVALID
 */
export function checkPackPath(path: string, origin: string): void {
  const parts = path.split('/');
  const leaves = parts.some((part) => part === '' || part === '.' || part === '..');
  if (leaves || /[\\:\u0000-\u001f]/u.test(path)) {
    throw new Think2SegError(
      'PACK_INVALID',
      `${origin} names ${JSON.stringify(path)}; expected a plain path inside the pack's folder; get the pack from its author again`,
    );
  }
}

/**
 * Size of a file of the pack, and where it really lies. Null when there is no such file.
 *
 * @param root real path of the pack's folder
 * @throws {Think2SegError} PACK_INVALID when a link leads out of the folder, or the name is no plain file; INPUT_NOT_READABLE when the
 *   system does not say where it lies.
 */
export async function findPackFile(root: string, path: string): Promise<{ realPath: string; bytes: number } | null> {
  let realPath: string;
  try {
    realPath = await realpath(join(root, path));
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw readFailure(join(root, path), error);
  }
  const fromRoot = relative(root, realPath);
  if (isAbsolute(fromRoot) || fromRoot === '..' || fromRoot.startsWith(`..${sep}`)) {
    throw new Think2SegError(
      'PACK_INVALID',
      `${path} is a link that leads out of ${root}; expected all files inside the pack's folder; copy the folder with its links resolved`,
    );
  }
  const found = await stat(realPath).catch((error: unknown) => {
    throw readFailure(realPath, error);
  });
  if (!found.isFile()) {
    throw new Think2SegError('PACK_INVALID', `${join(root, path)} is no plain file; expected a file of the pack`);
  }
  return { realPath, bytes: found.size };
}

/** The content of a small file of the pack; INPUT_NOT_READABLE when the system does not give it. */
export async function readPackFile(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw readFailure(path, error);
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
