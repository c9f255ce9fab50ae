/** What a batch in a folder was asked for, by whoever began it: the last start that its manifest names. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startLineSchema, type BatchRequest } from '../contract/batch.ts';

const startMark = '{"kind":"start"';

/** @returns null when there is no batch, or one of a version that did not write down what it was asked for. */
export async function readBatchRequest(folder: string): Promise<BatchRequest | null> {
  const path = join(folder, 'manifest.jsonl');
  try {
    await access(path);
  } catch {
    return null;
  }
  let last: BatchRequest | null = null;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    // Of the lines of finished work there may be many, and none is of interest.
    if (line.startsWith(startMark) && line.endsWith('}')) {
      last = startLineSchema.parse(JSON.parse(line)).request ?? last;
    }
  }
  return last;
}
