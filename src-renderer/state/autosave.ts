/** Keeps the work on disk while it is not saved: soon after a change, not more often than every few seconds, never two at once. */
export interface AutosaveTimes {
  /** Quiet time after a change. */
  readonly quietMs: number;
  /** Written at the latest, however busy the hands are. */
  readonly latestMs: number;
}

const defaultTimes: AutosaveTimes = { quietMs: 1_000, latestMs: 10_000 };

export class AutosaveSchedule {
  readonly #write: () => Promise<void>;
  readonly #times: AutosaveTimes;
  #quiet: ReturnType<typeof setTimeout> | null = null;
  #latest: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> | null = null;

  constructor(write: () => Promise<void>, times: AutosaveTimes = defaultTimes) {
    this.#write = write;
    this.#times = times;
  }

  changed(): void {
    if (this.#quiet !== null) {
      clearTimeout(this.#quiet);
    }
    this.#quiet = setTimeout(() => void this.flush(), this.#times.quietMs);
    this.#latest ??= setTimeout(() => void this.flush(), this.#times.latestMs);
  }

  /** Nothing new is to be kept; what is being written still is. */
  rest(): void {
    this.#clearTimers();
  }

  /** Nothing is left to keep: saved, or given up. Waits for a write under way, so that it cannot come after. */
  async stop(): Promise<void> {
    this.#clearTimers();
    await this.#writing;
  }

  async flush(): Promise<void> {
    this.#clearTimers();
    await this.#writing;
    this.#writing = this.#write().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  #clearTimers(): void {
    for (const timer of [this.#quiet, this.#latest]) {
      if (timer !== null) {
        clearTimeout(timer);
      }
    }
    this.#quiet = null;
    this.#latest = null;
  }
}
