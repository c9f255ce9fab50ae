/** What Ctrl-C means for work that can be continued: once, finish what runs; twice, or another signal to end, stop at once. */
export interface StopRequests {
  readonly finish: AbortSignal;
  readonly stop: AbortSignal;
  /** Name of the last signal that came. */
  lastSignal(): NodeJS.Signals | null;
  /** Gives the signals back to whoever had them. */
  release(): void;
}

export function listenForStop(onFinishRequest: () => void): StopRequests {
  const finish = new AbortController();
  const stop = new AbortController();
  let last: NodeJS.Signals | null = null;
  const interrupt = (): void => {
    last = 'SIGINT';
    if (finish.signal.aborted) {
      stop.abort();
      return;
    }
    finish.abort();
    onFinishRequest();
  };
  const terminate = (name: NodeJS.Signals): void => {
    last = name;
    finish.abort();
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  process.on('SIGHUP', terminate);
  return {
    finish: finish.signal,
    stop: stop.signal,
    lastSignal: () => last,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', terminate);
      process.off('SIGHUP', terminate);
    },
  };
}
