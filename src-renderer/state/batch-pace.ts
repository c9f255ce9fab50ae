/** How fast a batch goes: by its last items, because the speed of now says more than that of an hour ago. */
const itemsKept = 50;

export class BatchPace {
  readonly #momentsMs: number[];

  constructor(startMs: number) {
    this.#momentsMs = [startMs];
  }

  finished(nowMs: number): void {
    this.#momentsMs.push(nowMs);
    if (this.#momentsMs.length > itemsKept) {
      this.#momentsMs.shift();
    }
  }

  /** Null before the first item. */
  get msPerItem(): number | null {
    const count = this.#momentsMs.length - 1;
    return count === 0 ? null : ((this.#momentsMs[count] ?? 0) - (this.#momentsMs[0] ?? 0)) / count;
  }
}
