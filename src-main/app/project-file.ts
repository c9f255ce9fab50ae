/** Reads and writes projects. In memory every raster has an absolute path, in the file one relative to it where possible. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { Think2SegError } from '../contract/errors.ts';
import { projectSchema, projectVersion, type Project } from '../contract/project.ts';
import { explainParse } from '../contract/explain-parse.ts';
import { writeWholeFile } from './json-file.ts';

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
