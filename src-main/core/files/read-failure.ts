import { Think2SegError } from '../../contract/errors.ts';
import { errnoOf } from './write-failure.ts';

/** Gives the failure of a read of `path` its code: INPUT_NOT_READABLE for system errors; anything else is returned as it is. */
export function readFailure(path: string, thrown: unknown): unknown {
  const errno = errnoOf(thrown);
  if (errno === undefined) {
    return thrown;
  }
  return new Think2SegError(
    'INPUT_NOT_READABLE',
    `${path} cannot be read (${errno}); check its permissions, its links and its disk`,
    { cause: thrown },
  );
}
