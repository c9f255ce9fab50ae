/** An estimate from less would jump about. */
const shortestMs = 1_000;

/** How long work takes that goes on as it went so far; null where that cannot be said, or nothing is left. */
export function timeLeftMs(fraction: number | null, elapsedMs: number): number | null {
  return fraction === null || fraction <= 0 || fraction >= 1 || elapsedMs < shortestMs
    ? null
    : (elapsedMs / fraction) * (1 - fraction);
}
