import { accessSync, constants, statSync } from 'node:fs';
import { Think2SegError } from '../../contract/errors.ts';

/** @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE (a folder, or no permission) */
export function checkReadable(path: string): void {
  try {
    if (statSync(path).isDirectory()) {
      throw new Think2SegError('INPUT_NOT_READABLE', `${path} is a folder, expected a file`);
    }
    accessSync(path, constants.R_OK);
  } catch (thrown) {
    if (thrown instanceof Think2SegError) {
      throw thrown;
    }
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new Think2SegError('INPUT_NOT_FOUND', `there is no file ${path}; check the name`, { cause: thrown });
    }
    throw new Think2SegError(
      'INPUT_NOT_READABLE',
      `${path} may not be read (${code ?? 'unknown reason'}); check its permissions`,
      { cause: thrown },
    );
  }
}
