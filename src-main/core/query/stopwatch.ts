/** Adds up how long each part of a query took, in milliseconds. */
export class Stopwatch {
  readonly #startMs = performance.now();
  readonly #partsMs = new Map<string, number>();

  async time<T>(part: string, work: () => Promise<T> | T): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.add(part, performance.now() - startMs);
    }
  }

  add(part: string, ms: number): void {
    this.#partsMs.set(part, (this.#partsMs.get(part) ?? 0) + ms);
  }

  /** Every part so far and `total`, rounded to 0.1 ms. */
  report(): Record<string, number> {
    const parts = [...this.#partsMs, ['total', performance.now() - this.#startMs] as const];
    return Object.fromEntries(parts.map(([part, ms]) => [part, Math.round(ms * 10) / 10]));
  }
}
