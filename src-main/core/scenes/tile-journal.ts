/**
 * Answers of tiles as they come, beside the output they will become part of: a run that was killed goes on with the next tile.
 * Removed when the output is written.
 */
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFailure, isErrno } from '../files/write-failure.ts';
import { tileAnswerSchema, type TileAnswer } from './tile-answer.ts';

export interface TileJournal {
  /** Answers of an earlier run of the same work. */
  readonly known: ReadonlyMap<number, TileAnswer>;
  append(answer: TileAnswer): Promise<void>;
  /** Closes the journal; it stays for the next run unless the work is finished. */
  close(finished: boolean): Promise<void>;
}

/** For work that leaves no file there is nothing to go on with. */
export function noJournal(): TileJournal {
  return { known: new Map(), append: () => Promise.resolve(), close: () => Promise.resolve() };
}

/** @param key names the work; a journal of other work is never read. */
export async function openTileJournal(outputPath: string, key: string): Promise<TileJournal> {
  const path = join(dirname(resolve(outputPath)), `.think2seg-tiles-${key.slice(0, 24)}.jsonl`);
  const { answers, completeBytes } = await readJournal(path);
  let file: FileHandle;
  try {
    file = await open(path, 'a');
    // What follows the last line break was cut off by a kill.
    await file.truncate(completeBytes);
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
  return {
    known: answers,
    append: async (answer) => {
      try {
        await file.appendFile(`${JSON.stringify(answer)}\n`);
      } catch (thrown) {
        throw writeFailure(path, thrown);
      }
    },
    close: async (finished) => {
      await file.close();
      if (finished) {
        await rm(path, { force: true });
      }
    },
  };
}

async function readJournal(path: string): Promise<{ answers: Map<number, TileAnswer>; completeBytes: number }> {
  const answers = new Map<number, TileAnswer>();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return { answers, completeBytes: 0 };
    }
    throw writeFailure(path, thrown);
  }
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const line of complete.split('\n').filter((part) => part !== '')) {
    const answer = tileAnswerSchema.parse(JSON.parse(line));
    answers.set(answer.tile, answer);
  }
  return { answers, completeBytes: Buffer.byteLength(complete) };
}
