/** As many pieces as a reader has on their way at one time. */
const keptPieces = 2;

/**
 * Memory for bytes as they stand in a file, lent and given back: memory of its own for each read would have the engine collect garbage
 * all the time.
 */
export class ReadMemory {
  readonly #spare: Buffer[] = [];

  /** At least `length` bytes, with whatever they hold. */
  take(length: number): Buffer {
    const index = this.#spare.findIndex((buffer) => buffer.length >= length);
    return index < 0 ? Buffer.allocUnsafeSlow(length) : this.#spare.splice(index, 1)[0]!;
  }

  /** The largest pieces are kept. */
  giveBack(buffers: readonly Buffer[]): void {
    this.#spare.push(...buffers);
    this.#spare.sort((left, right) => right.length - left.length);
    this.#spare.length = Math.min(this.#spare.length, keptPieces);
  }
}
