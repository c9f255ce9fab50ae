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

/** Files on their way to the page. They wait while there is no page to tell, because it loads or has crashed. */
export class OpenedFiles {
  #waiting: string[];
  #tell: ((paths: string[]) => void) | null = null;

  constructor(first: readonly string[]) {
    this.#waiting = [...first];
  }

  add(paths: readonly string[]): void {
    if (this.#tell === null) {
      this.#waiting.push(...paths);
    } else if (paths.length > 0) {
      this.#tell([...paths]);
    }
  }

  /** @returns the files that waited; those that come later are told. */
  pageStarted(tell: (paths: string[]) => void): string[] {
    this.#tell = tell;
    return this.#waiting.splice(0);
  }

  pageGone(): void {
    this.#tell = null;
  }
}
