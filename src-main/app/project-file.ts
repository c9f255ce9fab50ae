/** Reads and writes projects. In memory every raster has an absolute path, in the file one relative to it where possible. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { Think2SegError } from '../contract/errors.ts';
import { projectSchema, projectVersion, type Project } from '../contract/project.ts';
import { explainParse } from '../contract/explain-parse.ts';
import { writeWholeFile } from './json-file.ts';

/** Project files in use. Other people and programs may write them meanwhile, such as on a drive that is shared: what they wrote is not replaced unasked. */
export class ProjectFiles {
  readonly #confirmReplace: (path: string) => Promise<boolean>;
  /** Sums of the files as this program last read or wrote them. */
  readonly #knownSums = new Map<string, string | null>();

  /** @param confirmReplace asks whether a file that was changed by others may go. */
  constructor(confirmReplace: (path: string) => Promise<boolean>) {
    this.#confirmReplace = confirmReplace;
  }

  async read(path: string): Promise<Project> {
    // Of two versions in a row, the sum is of the one before: it is asked about rather than replaced.
    const sum = await sumOf(path);
    const project = await readProject(path);
    this.#knownSums.set(path, sum);
    return project;
  }

  /** Work of an earlier start goes on that was kept at `savedAt`, a date as text. What was written since was not written by it. */
  async goOnWith(path: string, savedAt: string): Promise<void> {
    const changedAt = await stat(path).catch(() => null);
    this.#knownSums.set(path, changedAt !== null && changedAt.mtime > new Date(savedAt) ? null : await sumOf(path));
  }

  /** @throws Think2SegError CANCELLED where the file was changed by others and is to stay; INPUT_CORRUPT, OUTPUT_NOT_WRITABLE, OUTPUT_FULL */
  async write(path: string, project: unknown): Promise<void> {
    const known = this.#knownSums.get(path);
    const present = known === undefined ? null : await sumOf(path);
    if (present !== null && present !== known && !(await this.#confirmReplace(path))) {
      throw new Think2SegError('CANCELLED', `${path} was changed by others and stays as it is`);
    }
    await writeProject(path, project);
    this.#knownSums.set(path, await sumOf(path));
  }
}

/** Null where there is no file that can be read. */
async function sumOf(path: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return null;
  }
}

const versionSchema = z.looseObject({ format: z.literal('think2seg-project'), version: z.number().int() });

export async function readProject(path: string): Promise<Project> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Think2SegError(
      isMissing ? 'INPUT_NOT_FOUND' : 'INPUT_NOT_READABLE',
      `${path} cannot be read (${(thrown as NodeJS.ErrnoException).code ?? String(thrown)}); check the path and the permissions`,
      { cause: thrown },
    );
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (thrown) {
    throw new Think2SegError('INPUT_CORRUPT', `${path} is not JSON, expected a Think2Seg project (.t2s)`, {
      cause: thrown,
    });
  }
  const header = versionSchema.safeParse(raw);
  if (!header.success) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path} is JSON but not a Think2Seg project (.t2s); choose another file`,
    );
  }
  if (header.data.version > projectVersion) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} has version ${header.data.version}, this program reads up to ${projectVersion}; update the program`,
    );
  }
  const project = parseProject(raw, path);
  return withPaths(project, (rasterPath) => resolve(dirname(path), rasterPath.split('/').join(sep)));
}

export async function writeProject(path: string, project: unknown): Promise<void> {
  const folder = dirname(path);
  const stored = withPaths(parseProject(project, 'the project'), (rasterPath) => {
    const below = relative(folder, rasterPath);
    // Another drive on Windows has no relative path. Separators are those every system understands.
    return isAbsolute(below) ? below : below.split(sep).join('/');
  });
  await writeWholeFile(path, `${JSON.stringify(stored, null, 2)}\n`);
}

export function parseProject(value: unknown, what: string): Project {
  const parsed = projectSchema.safeParse(value);
  if (!parsed.success) {
    throw new Think2SegError('INPUT_CORRUPT', `${what} is damaged: ${explainParse(parsed.error)}; use a backup`);
  }
  return parsed.data;
}

function withPaths(project: Project, change: (rasterPath: string) => string): Project {
  return { ...project, rasters: project.rasters.map((raster) => ({ ...raster, path: change(raster.path) })) };
}
