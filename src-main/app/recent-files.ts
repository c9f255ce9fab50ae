import { existsSync } from 'node:fs';
import { z } from 'zod';
import { toThink2SegError, type Think2SegError } from '../contract/errors.ts';
import { readOwnFile, writeWholeFile } from './json-file.ts';

const keptFiles = 12;

/** Files the user worked with, newest first; those that are gone are left out. */
export class RecentFiles {
  readonly #path: string;
  #paths: string[];
  #isKept = true;

  private constructor(path: string, paths: string[]) {
    this.#path = path;
    this.#paths = paths;
  }

  static async open(path: string): Promise<{ recent: RecentFiles; note: string | undefined }> {
    const { value, note } = await readOwnFile(path, z.array(z.string()), 'the list of recent files');
    return { recent: new RecentFiles(path, value ?? []), note };
  }

  /** Told of the files that are there whenever the list changes. */
  onChange: (existing: string[]) => void = () => undefined;

  existing(): string[] {
    return this.#paths.filter((path) => existsSync(path));
  }

  /** Told when the list cannot be kept, until it can be kept again. */
  onProblem: (error: Think2SegError) => void = () => undefined;

  /** Never fails: whoever opens or saves a file has done so, whether it is remembered or not. */
  async add(path: string): Promise<void> {
    if (this.#paths[0] === path) {
      return;
    }
    this.#paths = [path, ...this.#paths.filter((other) => other !== path)].slice(0, keptFiles);
    this.onChange(this.existing());
    try {
      await writeWholeFile(this.#path, JSON.stringify(this.#paths));
      this.#isKept = true;
    } catch (thrown) {
      if (this.#isKept) {
        this.onProblem(toThink2SegError(thrown));
      }
      this.#isKept = false;
    }
  }
}
