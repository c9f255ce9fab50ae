import { Think2SegError } from '../../contract/errors.ts';

/**
 * Runs `work` with a signal that is aborted after `timeoutMs` (measured by a clock that nobody can set) or with `stop`.
 *
 * @throws Think2SegError SCENE_TIMEOUT when time ran out, else what `work` throws.
 */
export async function withDeadline<T>(
  timeoutMs: number | null,
  stop: AbortSignal,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const clock = { isLate: false };
  const abort = (): void => controller.abort();
  const timer =
    timeoutMs === null
      ? null
      : setTimeout(() => {
          clock.isLate = true;
          abort();
        }, timeoutMs);
  stop.addEventListener('abort', abort);
  if (stop.aborted) {
    abort();
  }
  try {
    return await work(controller.signal);
  } catch (thrown) {
    if (clock.isLate && !stop.aborted) {
      throw new Think2SegError(
        'SCENE_TIMEOUT',
        `${what} took longer than ${(timeoutMs ?? 0) / 1000} s; allow more with --timeout, or look at smaller windows`,
        { cause: thrown },
      );
    }
    throw thrown;
  } finally {
    if (timer !== null) {
      clearTimeout(timer);
    }
    stop.removeEventListener('abort', abort);
  }
}
