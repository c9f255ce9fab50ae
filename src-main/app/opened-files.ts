/** Files that reach the program from outside: its arguments, a second start, the file manager of macOS. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Files named on a command line. Switches are Chromium's; the first plain argument of an Electron that runs from a checkout is the program.
 *
 * @returns absolute paths of files that exist
 */
export function filesOfArguments(argv: readonly string[], workingDirectory: string, isPackaged: boolean): string[] {
  const plain = argv.slice(1).filter((argument) => argument !== '' && !argument.startsWith('-'));
  return plain
    .slice(isPackaged ? 0 : 1)
    .map((argument) => resolve(workingDirectory, argument))
    .filter((path) => existsSync(path));
}
