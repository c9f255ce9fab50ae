import { statSync } from 'node:fs';

/**
 * Whether there is anything at `path`. Asked directly: it takes microseconds, less than to hand it to another thread and to wake up for it.
 *
 * @throws what the system says when it cannot tell.
 */
export function isPresent(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
