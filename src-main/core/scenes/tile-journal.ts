/**
 * Answers of tiles and objects made whole, as they come, beside the output they will become part of: a run that was killed goes on
 * with the next one.
 * Removed when the output is written.
 */
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFailure, isErrno } from '../files/write-failure.ts';
import { completedObjectSchema, tileAnswerSchema, type CompletedObject, type TileAnswer } from './tile-answer.ts';

const entrySchema = z.union([completedObjectSchema, tileAnswerSchema]);

export interface TileJournal {
  /** Answers of an earlier run of the same work. */
  readonly known: ReadonlyMap<number, TileAnswer>;
  /** Objects that an earlier run made whole, by `objectKey`. */
  readonly knownObjects: ReadonlyMap<string, CompletedObject>;
  /** Line that could not be read, from 1; it and what followed was dropped. Null in a sound journal. */
  readonly damagedLine: number | null;
  append(entry: TileAnswer | CompletedObject): Promise<void>;
  /** Closes the journal; it stays for the next run unless the work is finished. */
  close(finished: boolean): Promise<void>;
}

export function objectKey(firstPart: readonly [tile: number, index: number]): string {
  return firstPart.join('/');
}

/** For work that leaves no file there is nothing to go on with. */
export function noJournal(): TileJournal {
  return {
    known: new Map(),
    knownObjects: new Map(),
    damagedLine: null,
    append: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** @param key names the work; a journal of other work is never read. */
export async function openTileJournal(outputPath: string, key: string): Promise<TileJournal> {
  const path = join(dirname(resolve(outputPath)), `.think2seg-tiles-${key.slice(0, 24)}.jsonl`);
  const { answers, objects, damagedLine, soundBytes } = await readJournal(path);
  let file: FileHandle;
  try {
    file = await open(path, 'a');
    // What follows was cut off by a kill or damaged: the next lines must not come after it.
    await file.truncate(soundBytes);
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
  const append = async (entry: TileAnswer | CompletedObject): Promise<void> => {
    try {
      await file.appendFile(`${JSON.stringify(entry)}\n`);
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    known: answers,
    knownObjects: objects,
    damagedLine,
    // One line after another: a long one is written in several pieces.
    append: (entry) => (last = last.then(() => append(entry))),
    close: async (finished) => {
      await file.close();
      if (finished) {
        await rm(path, { force: true });
      }
    },
  };
}

interface JournalContents {
  readonly answers: Map<number, TileAnswer>;
  readonly objects: Map<string, CompletedObject>;
  readonly damagedLine: number | null;
  readonly soundBytes: number;
}

async function readJournal(path: string): Promise<JournalContents> {
  const answers = new Map<number, TileAnswer>();
  const objects = new Map<string, CompletedObject>();
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return { answers, objects, damagedLine: null, soundBytes: 0 };
    }
    throw writeFailure(path, thrown);
  }
  let soundBytes = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf('\n', soundBytes);
    if (end < 0) {
      return { answers, objects, damagedLine: null, soundBytes };
    }
    const entry = parseEntry(bytes.toString('utf8', soundBytes, end));
    if (entry === null) {
      return { answers, objects, damagedLine: line, soundBytes };
    }
    if ('object' in entry) {
      objects.set(objectKey(entry.object), entry);
    } else {
      answers.set(entry.tile, entry);
    }
    soundBytes = end + 1;
  }
}

/** Null for a line that is damaged: it only spares work, which can be done again. */
function parseEntry(line: string): TileAnswer | CompletedObject | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
