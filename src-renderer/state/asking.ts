/** One question at a time: asked, watched, stopped, answered. */
import type { AskResult } from '../../src-main/contract/ask.ts';
import type { DesktopInput } from '../../src-main/contract/desktop-bridge.ts';
import { toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import { advance, finishProgress, startProgress, type AskProgress } from './ask-progress.ts';
import type { Call } from './calls.ts';
import { Observable, type Readable } from './observable.ts';

type Asked = { readonly question: string; readonly progress: AskProgress };

export type AskState =
  | { readonly kind: 'idle' }
  | (Asked & { readonly kind: 'running' })
  | (Asked & { readonly kind: 'answered'; readonly result: AskResult })
  | (Asked & { readonly kind: 'no-target'; readonly result: AskResult })
  | (Asked & { readonly kind: 'failed'; readonly error: ErrorEnvelope })
  | (Asked & { readonly kind: 'cancelled' });

export class Asking {
  readonly #call: Call;
  readonly #nowMs: () => number;
  readonly #state = new Observable<AskState>({ kind: 'idle' });
  #running: AbortController | null = null;

  constructor(call: Call, nowMs: () => number) {
    this.#call = call;
    this.#nowMs = nowMs;
  }

  get state(): Readable<AskState> {
    return this.#state;
  }

  /** @returns the answer; null when it failed or was stopped, which the state tells. A question under way is stopped first. */
  async ask(input: DesktopInput<'query.ask'>): Promise<AskResult | null> {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    const { question } = input;
    let progress = startProgress(this.#nowMs());
    const publish = (state: AskState): void => {
      if (this.#running === running) {
        this.#state.set(state);
      }
    };
    publish({ kind: 'running', question, progress });
    try {
      const result = await this.#call('query.ask', input, {
        signal: running.signal,
        onProgress: (event) => {
          progress = advance(progress, event, this.#nowMs());
          publish({ kind: 'running', question, progress });
        },
      });
      progress = finishProgress(progress, this.#nowMs(), result.runRecord.rawAnswer);
      publish({ kind: result.status === 'ok' ? 'answered' : 'no-target', question, progress, result });
      return this.#running === running ? result : null;
    } catch (thrown) {
      const error = toThink2SegError(thrown);
      progress = finishProgress(progress, this.#nowMs(), null);
      publish(
        error.code === 'CANCELLED'
          ? { kind: 'cancelled', question, progress }
          : { kind: 'failed', question, progress, error: error.toEnvelope() },
      );
      return null;
    }
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** Back to the empty question box. */
  clear(): void {
    this.cancel();
    this.#running = null;
    this.#state.set({ kind: 'idle' });
  }
}
