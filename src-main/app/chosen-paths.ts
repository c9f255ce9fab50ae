/**
 * What the user chose: by dialog, drop, argument, recent list, or a project that was itself chosen. Nothing else is read or written on behalf
 * of the window, so that code which got into it by accident reaches no other file.
 */
import { dirname, resolve, sep } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';

export class ChosenPaths {
  readonly #readable = new Set<string>();
  readonly #writable = new Set<string>();
  readonly #folders: string[];

  /** @param folders readable with all below them: the program's own, and where packs are kept. */
  constructor(folders: readonly string[]) {
    this.#folders = folders.map((folder) => resolve(folder));
  }

  allowReading(...paths: readonly string[]): void {
    paths.forEach((path) => this.#readable.add(resolve(path)));
  }

  /** A file that may be written may be read too. */
  allowWriting(path: string): void {
    this.#writable.add(resolve(path));
    this.allowReading(path);
  }

  /** @returns the absolute path */
  assertReadable(path: string): string {
    const absolute = resolve(path);
    for (let folder = absolute; ; folder = dirname(folder)) {
      if (this.#readable.has(folder)) {
        return absolute;
      }
      if (folder === dirname(folder)) {
        break;
      }
    }
    if (this.#folders.some((folder) => absolute === folder || absolute.startsWith(folder + sep))) {
      return absolute;
    }
    throw new Think2SegError('INPUT_NOT_READABLE', `${absolute} was not opened by the user; open it first`);
  }

  /** @returns the absolute path */
  assertWritable(path: string): string {
    const absolute = resolve(path);
    if (!this.#writable.has(absolute)) {
      throw new Think2SegError('OUTPUT_NOT_WRITABLE', `${absolute} was not chosen by the user; choose where to save`);
    }
    return absolute;
  }
}
