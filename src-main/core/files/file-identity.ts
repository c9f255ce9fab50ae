import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * A text that changes when the file at `path` is replaced or written to, as far as the file system tells without reading it.
 * Null when it cannot be examined: whoever opens the file then says why.
 */
export async function fileIdentity(path: string): Promise<string | null> {
  try {
    return identityOf(await stat(path, { bigint: true }));
  } catch {
    return null;
  }
}

export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}
