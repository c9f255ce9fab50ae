/** From what a user names (files, folders, patterns) to the rasters that are there. */
import { readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import { stat } from 'node:fs/promises';
import type { ErrorEnvelope } from '../../contract/errors.ts';
import { hasRasterName } from '../raster/raster-names.ts';
import { batchFolders, isBatchFile } from './output-folders.ts';

export interface ExpandedInputs {
  /** Absolute, in order of names, each once. */
  readonly rasterPaths: string[];
  /** Inputs and folders that could not be looked at. */
  readonly problems: { readonly path: string; readonly error: ErrorEnvelope }[];
}

/** @param outputFolder what a batch wrote is not its input; whatever else lies in the folder of its outputs may be. */
export async function expandInputs(
  inputs: readonly string[],
  outputFolder: string,
  baseFolder: string = process.cwd(),
): Promise<ExpandedInputs> {
  const found = new Set<string>();
  const problems: ExpandedInputs['problems'] = [];
  const search = new Search(outputFolder, problems);
  for (const input of inputs) {
    const path = resolve(baseFolder, input);
    const kind = await kindOf(path);
    if (kind === 'folder') {
      const below = await search.below(path, hasRasterName);
      below.forEach((raster) => found.add(raster));
      if (below.length === 0 && !problems.some((problem) => problem.path === path)) {
        problems.push(nothingFound(input, 'holds no raster that a batch did not write; name another folder'));
      }
    } else if (kind === 'file' || !picomatch.scan(input).isGlob) {
      // A file that is missing is a failure of its own scene, not of the batch.
      found.add(path);
    } else {
      const { base } = picomatch.scan(input);
      const matches = picomatch(path.split(sep).join('/'));
      const below = await search.below(resolve(baseFolder, base), (_, full) => matches(full.split(sep).join('/')));
      below.forEach((file) => found.add(file));
      if (below.length === 0) {
        problems.push(nothingFound(input, 'matches no file; check the pattern'));
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

function nothingFound(input: string, what: string): ExpandedInputs['problems'][number] {
  return { path: input, error: { code: 'INPUT_NOT_FOUND', message: `${input} ${what}` } };
}

class Search {
  readonly #outputFolder: string;
  readonly #writtenFolders: ReadonlySet<string>;
  readonly #problems: ExpandedInputs['problems'];

  constructor(outputFolder: string, problems: ExpandedInputs['problems']) {
    this.#outputFolder = resolve(outputFolder);
    this.#writtenFolders = new Set(Object.values(batchFolders(this.#outputFolder)));
    this.#problems = problems;
  }

  /** The files below `folder`. Links to folders are not followed: they may lead in a circle. */
  async below(folder: string, wanted: (name: string, path: string) => boolean): Promise<string[]> {
    if (this.#writtenFolders.has(folder)) {
      return [];
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
      return [];
    }
    const found: string[] = [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.') || (folder === this.#outputFolder && isBatchFile(entry.name))) {
        continue;
      }
      if (entry.isDirectory()) {
        for (const file of await this.below(path, wanted)) {
          found.push(file);
        }
      } else if (wanted(entry.name, path) && (entry.isFile() || (await kindOf(path)) === 'file')) {
        found.push(path);
      }
    }
    return found;
  }
}
