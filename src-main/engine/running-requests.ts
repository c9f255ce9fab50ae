/** Requests that are being answered, each of which may be cancelled by its number meanwhile. */
import { toThink2SegError, type ErrorEnvelope } from '../contract/errors.ts';

export type Reply<Output> =
  { kind: 'done'; id: number; output: Output } | { kind: 'failed'; id: number; error: ErrorEnvelope };

export class RunningRequests {
  readonly #controllers = new Map<number, AbortController>();

  /** What `work` came to, as a message. Never rejects. */
  async answer<Output>(id: number, work: (signal: AbortSignal) => Promise<Output>): Promise<Reply<Output>> {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    try {
      return { kind: 'done', id, output: await work(controller.signal) };
    } catch (thrown) {
      return { kind: 'failed', id, error: toThink2SegError(thrown).toEnvelope() };
    } finally {
      this.#controllers.delete(id);
    }
  }

  cancel(id: number): void {
    this.#controllers.get(id)?.abort();
  }

  cancelAll(): void {
    for (const controller of this.#controllers.values()) {
      controller.abort();
    }
  }
}
