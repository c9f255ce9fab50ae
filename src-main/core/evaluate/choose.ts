/** Seeded choices that depend on nothing but the seed and the sample: not on order, limit or an interruption. */
import { createHash } from 'node:crypto';
import type { Sample } from './sample.ts';

/** One of the sample's questions. */
export function chooseQuestion({ id, questions }: Sample, seed: number): string {
  const draw = createHash('sha256').update(`${seed}:${id}`).digest().readUInt32BE(0);
  return questions[draw % questions.length] ?? '';
}

/** `limit` samples spread evenly over the list, so that data sets sorted by class are not cut off; all without a limit. */
export function chooseSamples(samples: readonly Sample[], limit: number | null): Sample[] {
  if (limit === null || limit >= samples.length) {
    return [...samples];
  }
  return Array.from({ length: limit }, (_, index) => samples[Math.floor((index * samples.length) / limit)]!);
}
