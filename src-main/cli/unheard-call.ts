/** Calls that an engine never heard, because it was about to end: they were not begun, and another engine can be asked the same. */
import { Think2SegError } from '../contract/errors.ts';

export class UnheardCallError extends Think2SegError {}

/** Calls `ask` again, once, where its engine did not hear it. `ask` finds itself an engine that runs. */
export async function askedUntilHeard<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof UnheardCallError)) {
      throw thrown;
    }
    // An engine hears of an abort, not of one that was before its time.
    signal.throwIfAborted();
    return ask();
  }
}
