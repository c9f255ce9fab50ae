/**
 * Several files become visible as one. No disk renames more than one file in a step, so the first (main) file, without which no program
 * opens the others, steps aside before any other file is touched and its successor comes last: at no moment do old and new parts make
 * a data set. A journal in the scratch folder lets whoever comes next finish what a killed process has begun.
 */
import { renameSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { isGone, ownerSchema, thisProcess } from './process-owner.ts';
import { syncFile, syncFolder } from './sync.ts';
import { isErrno, writeFailure } from './write-failure.ts';

export interface Move {
  readonly path: string;
  readonly temporaryPath: string;
}

/** Paths are relative to the folder that holds the scratch folder. */
const journalSchema = z.object({
  owner: ownerSchema,
  moves: z.array(z.object({ path: z.string(), temporaryPath: z.string() })),
  obsolete: z.array(z.string()),
});

type Journal = z.infer<typeof journalSchema>;

const journalName = 'replacing.json';

/**
 * Moves every file into its place, the first being the main one, which comes last, after what is `obsolete` was taken away. When a file
 * cannot be moved, all is as it was before.
 *
 * @throws Think2SegError OUTPUT_NOT_WRITABLE, OUTPUT_FULL
 */
export async function replaceFiles(
  moves: readonly Move[],
  obsolete: readonly string[],
  scratchFolder: string,
): Promise<void> {
  const [main, ...others] = moves;
  if (main === undefined) {
    return;
  }
  if (others.length > 0) {
    await writeJournal({ moves, obsolete }, scratchFolder).catch((thrown: unknown) => {
      throw writeFailure(main.path, thrown);
    });
  }
  await moveAll(main, others, obsolete);
}

/**
 * Does what is left of a replacement whose process is gone, if it concerns one of `wanted` (default: any), and removes its scratch
 * folder. A replacement that is going on is left alone, and so is one of another machine, which cannot be asked.
 */
export async function finishReplacement(scratchFolder: string, wanted?: ReadonlySet<string>): Promise<void> {
  const journal = await readJournal(scratchFolder);
  if (journal === null || !isGone(journal.owner)) {
    return;
  }
  const folder = dirname(scratchFolder);
  const moves = journal.moves.map(({ path, temporaryPath }) => ({
    path: join(folder, path),
    temporaryPath: join(folder, temporaryPath),
  }));
  if (wanted !== undefined && !moves.some(({ path }) => wanted.has(path))) {
    return;
  }
  for (const path of journal.obsolete) {
    await rm(join(folder, path), { force: true });
  }
  // The main file again comes last.
  for (const { path, temporaryPath } of [...moves].reverse()) {
    if (exists(temporaryPath)) {
      renameSync(temporaryPath, path);
    }
  }
  await syncFolder(folder);
  await rm(scratchFolder, { recursive: true, force: true });
}

async function moveAll(main: Move, others: readonly Move[], obsolete: readonly string[]): Promise<void> {
  const undo: (() => void)[] = [];
  const step = (from: string, to: string): void => {
    renameSync(from, to);
    undo.unshift(() => renameSync(to, from));
  };
  const stepAside = ({ path, temporaryPath }: Move): void => {
    if (exists(path)) {
      step(path, `${temporaryPath}.replaced`);
    }
  };
  let current = main.path;
  try {
    // A single file is replaced in one step by the rename itself.
    if (others.length > 0) {
      stepAside(main);
    }
    for (const move of others) {
      current = move.path;
      stepAside(move);
      step(move.temporaryPath, move.path);
    }
    for (const path of obsolete) {
      current = path;
      stepAside({ path, temporaryPath: join(dirname(main.temporaryPath), basename(path)) });
    }
    current = main.path;
    step(main.temporaryPath, main.path);
  } catch (thrown) {
    for (const back of undo) {
      back();
    }
    throw writeFailure(current, thrown);
  }
  for (const folder of new Set([main, ...others].map(({ path }) => dirname(path)))) {
    await syncFolder(folder);
  }
}

async function writeJournal(
  { moves, obsolete }: { moves: readonly Move[]; obsolete: readonly string[] },
  scratchFolder: string,
): Promise<void> {
  const inFolder = (path: string): string => relative(dirname(scratchFolder), resolve(path));
  const journal: Journal = {
    owner: thisProcess(),
    moves: moves.map(({ path, temporaryPath }) => ({ path: inFolder(path), temporaryPath: inFolder(temporaryPath) })),
    obsolete: obsolete.map(inFolder),
  };
  const unfinished = join(scratchFolder, `${journalName}.part`);
  await writeFile(unfinished, JSON.stringify(journal));
  await syncFile(unfinished);
  renameSync(unfinished, join(scratchFolder, journalName));
  await syncFolder(scratchFolder);
}

async function readJournal(scratchFolder: string): Promise<Journal | null> {
  try {
    return journalSchema.parse(JSON.parse(await readFile(join(scratchFolder, journalName), 'utf8')));
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) {
      return null;
    }
    throw thrown;
  }
}

/** @throws a system error other than that there is nothing of this name. */
function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
