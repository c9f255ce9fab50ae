/** Lends what serves one caller at a time. Callers wait in the order in which they come. */
export class LanePool<Lane> {
  readonly #size: number;
  readonly #free: Lane[];
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #closed: (() => void) | null = null;

  constructor(lanes: readonly Lane[]) {
    this.#size = lanes.length;
    this.#free = [...lanes];
  }

  async use<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = await this.#take();
    try {
      return await work(lane);
    } finally {
      this.#giveBack(lane);
    }
  }

  /** Resolves once all lanes are free. Who still waits for one, or asks for one later, waits for ever. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve;
      this.#tellWhenFree();
    });
  }

  #take(): Promise<Lane> {
    return new Promise((resolve) => {
      const lane = this.#closed === null ? this.#free.pop() : undefined;
      if (lane === undefined) {
        this.#waiting.push(resolve);
      } else {
        resolve(lane);
      }
    });
  }

  #giveBack(lane: Lane): void {
    const next = this.#closed === null ? this.#waiting.shift() : undefined;
    if (next === undefined) {
      this.#free.push(lane);
    } else {
      next(lane);
    }
    this.#tellWhenFree();
  }

  #tellWhenFree(): void {
    if (this.#free.length === this.#size) {
      this.#closed?.();
    }
  }
}
