import { stat } from 'node:fs/promises';
import { isErrno } from './write-failure.ts';

/**
 * Bytes of the file at `path`; null where there is none.
 *
 * @throws what the system says when it cannot tell.
 */
export async function fileSize(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return null;
    }
    throw thrown;
  }
}
