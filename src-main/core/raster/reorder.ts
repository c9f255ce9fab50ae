import type { SampleArray } from '../ports.ts';
import { emptyLike, samplesIn } from './samples.ts';

/** Blocks up to this size are reordered through memory that stays; larger ones are rare. */
const scratchBytes = 4 * 1024 * 1024;

let scratch: ArrayBuffer | null = null;

/**
 * The samples in the order in which `write` puts them into its second argument, an array of the same type and length.
 * Usual blocks come back in the memory they had: memory of its own for each would have the engine collect garbage all the time.
 */
export function reorder(samples: SampleArray, write: (from: SampleArray, to: SampleArray) => void): SampleArray {
  if (samples.byteLength > scratchBytes) {
    const ordered = emptyLike(samples);
    write(samples, ordered);
    return ordered;
  }
  scratch ??= new ArrayBuffer(scratchBytes);
  const ordered = samplesIn(scratch, samples);
  write(samples, ordered);
  // Both have one type, which TypeScript cannot know here.
  (samples as Uint8Array).set(ordered as Uint8Array);
  return samples;
}
