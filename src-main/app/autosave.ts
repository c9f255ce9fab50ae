/** The work in progress, kept until it is saved or given up: what the next start offers after a crash. */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { StartState } from '../contract/app-routes.ts';
import { projectSchema } from '../contract/project.ts';
import { readOwnFile, writeWholeFile } from './json-file.ts';

const autosaveSchema = z.object({
  projectPath: z.string().nullable(),
  savedAt: z.string(),
  project: projectSchema,
});

export class Autosave {
  readonly #path: string;
  /** Writes follow one another, and none overtakes a discard. */
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<{ recovery: StartState['recovery']; note: string | undefined }> {
    const { value, note } = await readOwnFile(this.#path, autosaveSchema, 'the automatic copy of the last work');
    return { recovery: value, note };
  }

  /** @param projectText a project as JSON; one that is none is found, and put aside, by `read`. */
  write(projectPath: string | null, projectText: string): Promise<void> {
    const head = JSON.stringify({ projectPath, savedAt: new Date().toISOString() });
    return this.#then(() => writeWholeFile(this.#path, `${head.slice(0, -1)},"project":${projectText}}`));
  }

  discard(): Promise<void> {
    return this.#then(() => rm(this.#path, { force: true }));
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
