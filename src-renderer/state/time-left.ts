import type { ProgressEvent } from '../../src-main/contract/progress.ts';

/** An estimate from less would jump about. */
const shortestMs = 1_000;

/** How long work takes that goes on as it went so far; null where that cannot be said, or nothing is left. */
export function timeLeftMs(fraction: number | null, elapsedMs: number): number | null {
  return fraction === null || fraction <= 0 || fraction >= 1 || elapsedMs < shortestMs
    ? null
    : (elapsedMs / fraction) * (1 - fraction);
}

/** How much of its work a stage has done, 0 to 1; null where it does not say. */
export function fractionDone({ done, total }: Pick<ProgressEvent, 'done' | 'total'>): number | null {
  return done === undefined || !total ? null : done / total;
}
