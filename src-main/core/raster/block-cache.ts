import type { SampleArray } from '../ports.ts';

/** Decoded blocks of one scene, oldest use first out, bounded in bytes. */
export class BlockCache {
  readonly #byteLimit: number;
  readonly #blocks = new Map<string, SampleArray>();
  #bytes = 0;

  constructor(byteLimit: number) {
    this.#byteLimit = byteLimit;
  }

  get(key: string): SampleArray | undefined {
    const block = this.#blocks.get(key);
    if (block !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
    }
    return block;
  }

  set(key: string, block: SampleArray): void {
    if (block.byteLength > this.#byteLimit / 2) {
      return;
    }
    const replaced = this.#blocks.get(key);
    this.#blocks.set(key, block);
    this.#bytes += block.byteLength - (replaced?.byteLength ?? 0);
    for (const [oldestKey, oldest] of this.#blocks) {
      if (this.#bytes <= this.#byteLimit) {
        return;
      }
      this.#blocks.delete(oldestKey);
      this.#bytes -= oldest.byteLength;
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#bytes = 0;
  }
}
