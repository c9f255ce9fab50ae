import type { OnProgress } from '../../contract/progress.ts';
import type { StepOptions } from './query-ports.ts';
import { Stopwatch } from './stopwatch.ts';

/** Starts the clock of a query. */
export function stepOptions({ signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress }): StepOptions {
  return {
    stopwatch: new Stopwatch(),
    signal,
    // Whoever is told of progress may stop the query at that very moment.
    onProgress: (event) => {
      onProgress(event);
      signal.throwIfAborted();
    },
  };
}
