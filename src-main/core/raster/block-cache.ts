import { blockCacheBytes } from '../inference/available-memory.ts';
import type { SampleArray } from '../ports.ts';

/** Decoded blocks of one scene, oldest use first out, bounded in bytes. */
export class BlockCache {
  readonly byteLimit: number;
  readonly #blocks = new Map<string, SampleArray>();
  #bytes = 0;

  constructor(byteLimit: number) {
    this.byteLimit = byteLimit;
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
    if (block.byteLength > this.byteLimit / 2) {
      return;
    }
    const replaced = this.#blocks.get(key);
    this.#blocks.set(key, block);
    this.#bytes += block.byteLength - (replaced?.byteLength ?? 0);
    for (const [oldestKey, oldest] of this.#blocks) {
      if (this.#bytes <= this.byteLimit) {
        return;
      }
      this.#blocks.delete(oldestKey);
      this.#bytes -= oldest.byteLength;
    }
  }
}

let last: { readonly identity: string; readonly cache: BlockCache } | null = null;

/**
 * The blocks of the scene that was opened last are kept when it is closed: the next question is asked about the same scene more often than
 * not.
 *
 * @param identity of the files that blocks come from, see `fileIdentity`.
 */
export function blocksOf(identity: string): BlockCache {
  const byteLimit = blockCacheBytes();
  if (last === null || last.identity !== identity || last.cache.byteLimit !== byteLimit) {
    last = { identity, cache: new BlockCache(byteLimit) };
  }
  return last.cache;
}

/** Gives their memory back. */
export function forgetBlocks(): void {
  last = null;
}
