import { dirname } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';

/** The name of a system error, for example `ENOENT`; undefined for any other. */
export function errnoOf(thrown: unknown): string | undefined {
  const isCoded = thrown instanceof Error && !(thrown instanceof Think2SegError) && 'code' in thrown;
  const code = isCoded ? thrown.code : undefined;
  // Node gives codes of its own to errors that are not of the system.
  return typeof code !== 'string' || code.startsWith('ERR_') || code === 'ABORT_ERR' ? undefined : code;
}

/** Whether `thrown` is a system error with one of these names, for example `ENOENT`. */
export function isErrno(thrown: unknown, ...names: readonly string[]): boolean {
  const errno = errnoOf(thrown);
  return errno !== undefined && names.includes(errno);
}

/**
 * Gives the failure of a write to `path` its code: OUTPUT_FULL, OUTPUT_TOO_LARGE or OUTPUT_NOT_WRITABLE for system errors; anything
 * else (our own errors, an abort) is returned as it is.
 */
export function writeFailure(path: string, thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (errno === undefined) {
    return thrown;
  }
  const options = { cause: thrown };
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Think2SegError(
        'OUTPUT_FULL',
        `no space left while writing ${path}; free some space or write elsewhere`,
        options,
      );
    case 'EFBIG':
      return new Think2SegError(
        'OUTPUT_TOO_LARGE',
        `${path} grew beyond what its disk allows for one file; choose a smaller window or another disk`,
        options,
      );
    case 'ENOENT':
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} cannot be written: the folder ${dirname(path)} does not exist; create it or write elsewhere`,
        options,
      );
    case 'EEXIST':
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} is a file where a folder is needed; choose another name or folder`,
        options,
      );
    case 'ENOTDIR':
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} cannot be written: ${dirname(path)} is not a folder; choose another place`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} cannot be written: permission denied or read-only (${errno}); choose a folder you may write to`,
        options,
      );
    case 'EBUSY':
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} cannot be written: another program has it open; close it there and try again`,
        options,
      );
    default:
      return new Think2SegError(
        'OUTPUT_NOT_WRITABLE',
        `${path} cannot be written (${errno}); choose another name or folder`,
        options,
      );
  }
}
