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
  append(entry: TileAnswer | CompletedObject): Promise<void>;
  /** Closes the journal; it stays for the next run unless the work is finished. */
  close(finished: boolean): Promise<void>;
}

export function objectKey(firstPart: readonly [tile: number, index: number]): string {
  return firstPart.join('/');
}

/** For work that leaves no file there is nothing to go on with. */
export function noJournal(): TileJournal {
  return { known: new Map(), knownObjects: new Map(), append: () => Promise.resolve(), close: () => Promise.resolve() };
}

/** @param key names the work; a journal of other work is never read. */
export async function openTileJournal(outputPath: string, key: string): Promise<TileJournal> {
  const path = join(dirname(resolve(outputPath)), `.think2seg-tiles-${key.slice(0, 24)}.jsonl`);
  const { answers, objects, completeBytes } = await readJournal(path);
  let file: FileHandle;
  try {
    file = await open(path, 'a');
    // What follows the last line break was cut off by a kill.
    await file.truncate(completeBytes);
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
  readonly completeBytes: number;
}

async function readJournal(path: string): Promise<JournalContents> {
  const answers = new Map<number, TileAnswer>();
  const objects = new Map<string, CompletedObject>();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return { answers, objects, completeBytes: 0 };
    }
    throw writeFailure(path, thrown);
  }
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const line of complete.split('\n').filter((part) => part !== '')) {
    const entry = entrySchema.parse(JSON.parse(line));
    if ('object' in entry) {
      objects.set(objectKey(entry.object), entry);
    } else {
      answers.set(entry.tile, entry);
    }
  }
  return { answers, objects, completeBytes: Buffer.byteLength(complete) };
}
