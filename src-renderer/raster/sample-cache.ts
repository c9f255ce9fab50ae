import type { TileSamples } from './colour-tile.ts';

/** Keeps decoded samples up to a size, so that another stretch of the same tiles needs no decoding. */
export class SampleCache {
  readonly #maxBytes: number;
  readonly #tiles = new Map<string, TileSamples>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): TileSamples | undefined {
    const tile = this.#tiles.get(key);
    if (tile !== undefined) {
      // A map keeps the order of insertion: the one that was used last goes last.
      this.#tiles.delete(key);
      this.#tiles.set(key, tile);
    }
    return tile;
  }

  add(key: string, tile: TileSamples): TileSamples {
    // Two looks at a tile that is not there yet decode it twice.
    const before = this.#tiles.get(key);
    this.#bytes -= before === undefined ? 0 : bytesOf(before);
    this.#tiles.set(key, tile);
    this.#bytes += bytesOf(tile);
    for (const [oldest, old] of this.#tiles) {
      if (this.#bytes <= this.#maxBytes || oldest === key) {
        break;
      }
      this.#tiles.delete(oldest);
      this.#bytes -= bytesOf(old);
    }
    return tile;
  }
}

function bytesOf({ bands, mask }: TileSamples): number {
  const arrays = [...bands.values(), ...(mask === null ? [] : [mask])] as unknown as { byteLength: number }[];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
