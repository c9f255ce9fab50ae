import { stat } from 'node:fs/promises';

/**
 * A text that changes when the file at `path` is replaced or written to, as far as the file system tells without reading it.
 * Null when it cannot be examined: whoever opens the file then says why.
 */
export async function fileIdentity(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return null;
  }
}
