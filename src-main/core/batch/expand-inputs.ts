/** From what a user names (files, folders, patterns) to the rasters that are there. */
import { readdir } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import { stat } from 'node:fs/promises';
import type { ErrorEnvelope } from '../../contract/errors.ts';
import { hasRasterName } from '../raster/raster-names.ts';

export interface ExpandedInputs {
  /** Absolute, in order of names, each once. */
  readonly rasterPaths: string[];
  /** Inputs and folders that could not be looked at. */
  readonly problems: { readonly path: string; readonly error: ErrorEnvelope }[];
}

/** @param excludedFolder the folder that outputs go to: what a batch wrote is not its input. */
export async function expandInputs(
  inputs: readonly string[],
  excludedFolder: string,
  baseFolder: string = process.cwd(),
): Promise<ExpandedInputs> {
  const found = new Set<string>();
  const problems: ExpandedInputs['problems'] = [];
  const search = new Search(excludedFolder, problems);
  for (const input of inputs) {
    const path = resolve(baseFolder, input);
    const kind = await kindOf(path);
    if (kind === 'folder') {
      await search.below(path, hasRasterName, found);
    } else if (kind === 'file' || !picomatch.scan(input).isGlob) {
      // A file that is missing is a failure of its own scene, not of the batch.
      found.add(path);
    } else {
      const before = found.size;
      const { base } = picomatch.scan(input);
      const matches = picomatch(resolve(baseFolder, input).split(sep).join('/'));
      await search.below(resolve(baseFolder, base), (_, full) => matches(full.split(sep).join('/')), found);
      if (found.size === before) {
        problems.push({
          path: input,
          error: { code: 'INPUT_NOT_FOUND', message: `${input} matches no file; check the pattern` },
        });
      }
    }
  }
  return { rasterPaths: [...found].sort(byName), problems };
}

/** Code-unit order: the same on every machine, whatever its language. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    // Missing or unreadable: whoever opens it says so with its name.
    return null;
  }
}

class Search {
  readonly #excludedFolder: string;
  readonly #problems: ExpandedInputs['problems'];

  constructor(excludedFolder: string, problems: ExpandedInputs['problems']) {
    this.#excludedFolder = excludedFolder;
    this.#problems = problems;
  }

  /** Adds the files below `folder`. Links to folders are not followed: they may lead in a circle. */
  async below(folder: string, wanted: (name: string, path: string) => boolean, found: Set<string>): Promise<void> {
    const within = relative(this.#excludedFolder, folder);
    if (within === '' || (!within.startsWith('..') && !within.startsWith(sep) && resolve(within) !== within)) {
      return;
    }
    let entries;
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#problems.push({
        path: folder,
        error: { code: 'INPUT_NOT_READABLE', message: `folder ${folder} cannot be read (${reason})` },
      });
      return;
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (basename(path).startsWith('.')) {
        continue;
      }
      if (entry.isDirectory()) {
        await this.below(path, wanted, found);
      } else if (wanted(entry.name, path) && (entry.isFile() || (await kindOf(path)) === 'file')) {
        found.add(path);
      }
    }
  }
}
