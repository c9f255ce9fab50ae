/** Tells whether a data set is still the one that rows were computed from. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Sample } from './sample.ts';

/** Size and time of last change stand for the content of a file: reading every image would take as long as an evaluation. */
async function stateOf(path: string): Promise<[bytes: number, modifiedMs: number] | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return [size, mtimeMs];
  } catch {
    // A link that leads nowhere is a state too; whoever reads the sample says what is wrong with it.
    return null;
  }
}

/** SHA-256 over ids, questions, targets and the state of every file. */
export async function digestOfData(samples: readonly Sample[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { id, questions, imagePath, target } of samples) {
    const answer = target.kind === 'raster' ? await stateOf(target.path) : target.parts;
    hash.update(JSON.stringify([id, questions, await stateOf(imagePath), answer]));
  }
  return hash.digest('hex');
}
