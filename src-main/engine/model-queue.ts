/** One call at a time for what is loaded once: the models and the view they look at. Calls wait in order. */
export class ModelQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** A call that is aborted while it waits fails at once; one that runs ends as `work` itself decides. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave);
      const turn = this.#last.then(() => {
        signal.removeEventListener('abort', leave);
        signal.throwIfAborted();
        return work();
      });
      turn.then(resolve, reject);
      this.#last = turn.catch(() => undefined);
    });
  }
}
