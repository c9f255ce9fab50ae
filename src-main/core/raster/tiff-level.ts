import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import type { BlockCache } from './block-cache.ts';
import { decodeBlock, type BlockContext } from './block-codec.ts';
import { readBlockTable, type BlockTable } from './block-table.ts';
import { copyBlock, fillBlock, type BlockPlace } from './copy-block.ts';
import type { PixelLevel } from './pixel-level.ts';
import { ReadMemory } from './read-memory.ts';
import { fillSamples, newSamples } from './samples.ts';
import { tag, type TiffDirectory } from './tiff-directory.ts';
import type { TiffLayout } from './tiff-layout.ts';
import { validSamples } from './validity.ts';

/** Blocks read together; two such batches are on their way at one time, and zlib decodes four blocks at once beside this thread. */
const batchBlocks = 8;
/** Neighbouring blocks are read in one go up to this size. */
const readAheadBytes = 4 * 1024 * 1024;

/** Numbers from `first` to `last`, both of them in it. */
interface Span {
  readonly first: number;
  readonly last: number;
}

interface PlacedBlock {
  readonly index: number;
  readonly column: number;
  readonly row: number;
}

/** One image of a TIFF (full resolution, overview or mask), read block by block through a shared cache. */
export class TiffLevel implements PixelLevel {
  readonly width: number;
  readonly height: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly sampleTypes: readonly SampleType[];
  readonly mask: TiffLevel | null;

  readonly #directory: TiffDirectory;
  readonly #layout: TiffLayout;
  readonly #cache: BlockCache;
  readonly #name: string;
  /** Where its blocks stand in the cache, which images of several files may share. */
  readonly #cacheKey: string;
  readonly #sparseValue: number;
  readonly #readMemory = new ReadMemory();
  #table: Promise<BlockTable> | null = null;
  #context: Promise<BlockContext> | null = null;

  /** `name` is unique in the file; blocks that were never written hold `sparseValue`. */
  constructor(
    directory: TiffDirectory,
    layout: TiffLayout,
    options: { cache: BlockCache; name: string; sparseValue: number; mask: TiffLevel | null },
  ) {
    this.width = layout.width;
    this.height = layout.height;
    this.blockWidth = layout.blockWidth;
    this.blockHeight = layout.blockHeight;
    this.sampleTypes = new Array<SampleType>(layout.samplesPerPixel).fill(layout.sampleType);
    this.mask = options.mask;
    this.#directory = directory;
    this.#layout = layout;
    this.#cache = options.cache;
    this.#name = options.name;
    this.#cacheKey = `${directory.file.identity}/${options.name}`;
    this.#sparseValue = options.sparseValue;
  }

  get hasMask(): boolean {
    return this.mask !== null;
  }

  async read(windowLevelPx: WindowPx, bands: readonly number[], signal: AbortSignal): Promise<SampleArray[]> {
    const { width, height } = windowLevelPx;
    const layout = this.#layout;
    const outputs = bands.map(() => newSamples(layout.sampleType, width * height));
    if (!layout.isPlanar) {
      await this.#forEachBlock(windowLevelPx, 0, signal, (block, column, row) => {
        const bandSamples = (block?.length ?? 0) / layout.samplesPerPixel;
        bands.forEach((band, index) => {
          const place = this.#place(column, row, (band - 1) * bandSamples);
          this.#put(block, place, outputs[index]!, windowLevelPx);
        });
      });
      return outputs;
    }
    for (const [index, band] of bands.entries()) {
      const firstBlock = (band - 1) * layout.blocksAcross * layout.blocksDown;
      await this.#forEachBlock(windowLevelPx, firstBlock, signal, (block, column, row) => {
        this.#put(block, this.#place(column, row, 0), outputs[index]!, windowLevelPx);
      });
    }
    return outputs;
  }

  async areUnwritten(
    windowsLevelPx: readonly WindowPx[],
    bands: readonly number[],
    nodata: number,
  ): Promise<boolean[]> {
    const { isPlanar, blocksAcross, blocksDown, sampleType } = this.#layout;
    const sample = newSamples(sampleType, 1);
    fillSamples(sample, this.#sparseValue);
    // What the type cannot hold is no nodata either.
    if (validSamples(sample, nodata)?.[0] !== 0) {
      return windowsLevelPx.map(() => false);
    }
    const table = await this.#blockTable();
    const firstBlocks = isPlanar ? bands.map((band) => (band - 1) * blocksAcross * blocksDown) : [0];
    return windowsLevelPx.map((windowLevelPx) =>
      firstBlocks.every((firstBlock) => !this.#hasWrittenBlock(windowLevelPx, firstBlock, table)),
    );
  }

  async readMask(windowLevelPx: WindowPx, signal: AbortSignal): Promise<Uint8Array> {
    if (this.mask === null) {
      throw new Error('this level has no mask');
    }
    const [values] = await this.mask.read(windowLevelPx, [1], signal);
    return Uint8Array.from(values as Uint8Array, (value) => (value === 0 ? 0 : 1));
  }

  #place(column: number, row: number, first: number): BlockPlace {
    const { blockWidth, blockHeight, width, height } = this.#layout;
    const x = column * blockWidth;
    const y = row * blockHeight;
    return {
      x,
      y,
      width: Math.min(blockWidth, width - x),
      height: Math.min(blockHeight, height - y),
      rowSamples: blockWidth,
      first,
    };
  }

  /** New outputs hold 0: most blocks that were never written need nothing. */
  #put(block: SampleArray | null, place: BlockPlace, output: SampleArray, window: WindowPx): void {
    if (block !== null) {
      copyBlock(block, place, output, window);
    } else if (this.#sparseValue !== 0) {
      fillBlock(this.#sparseValue, place, output, window);
    }
  }

  /** Visits every block that meets the window, from the cache or the file, a bounded number at a time; null for one that was never written. */
  async #forEachBlock(
    window: WindowPx,
    firstBlock: number,
    signal: AbortSignal,
    visit: (block: SampleArray | null, column: number, row: number) => void,
  ): Promise<void> {
    const table = await this.#blockTable();
    const wanted = this.#blocksOf(window, firstBlock);
    const load = (from: number): Promise<SampleArray | null>[] =>
      this.#blocks(
        wanted.slice(from, from + batchBlocks).map(({ index }) => index),
        table,
      );
    let next = load(0);
    for (let from = 0; from < wanted.length; from += batchBlocks) {
      const blocks = next;
      for (const [position, block] of blocks.entries()) {
        const samples = await block;
        signal.throwIfAborted();
        if (position === 0) {
          // The thread pool reads and decodes the next batch while this one is copied.
          next = load(from + batchBlocks);
        }
        const { column, row } = wanted[from + position]!;
        visit(samples, column, row);
      }
    }
  }

  #blocksOf(window: WindowPx, firstBlock: number): PlacedBlock[] {
    const { rows, columns } = this.#blockSpan(window);
    const blocks: PlacedBlock[] = [];
    for (let row = rows.first; row <= rows.last; row += 1) {
      for (let column = columns.first; column <= columns.last; column += 1) {
        blocks.push({ index: firstBlock + row * this.#layout.blocksAcross + column, column, row });
      }
    }
    return blocks;
  }

  #hasWrittenBlock(window: WindowPx, firstBlock: number, table: BlockTable): boolean {
    const { rows, columns } = this.#blockSpan(window);
    for (let row = rows.first; row <= rows.last; row += 1) {
      for (let column = columns.first; column <= columns.last; column += 1) {
        if (this.#isWritten(firstBlock + row * this.#layout.blocksAcross + column, table)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Rows and columns of the blocks that meet a window. */
  #blockSpan({ x, y, width, height }: WindowPx): { rows: Span; columns: Span } {
    const { blockWidth, blockHeight } = this.#layout;
    return {
      rows: { first: Math.floor(y / blockHeight), last: Math.floor((y + height - 1) / blockHeight) },
      columns: { first: Math.floor(x / blockWidth), last: Math.floor((x + width - 1) / blockWidth) },
    };
  }

  /** One promise per block, so that each can be used while later ones are still decoded; their bytes are read together. */
  #blocks(indices: readonly number[], table: BlockTable): Promise<SampleArray | null>[] {
    const found = indices.map((index) => this.#cache.get(`${this.#cacheKey}/${index}`));
    const lent: Buffer[] = [];
    const bytes = this.#blockBytes(
      indices.filter((_, position) => found[position] === undefined),
      table,
      lent,
    );
    const blocks = indices.map((index, position) => {
      const known = found[position];
      const block = known === undefined ? this.#load(index, bytes) : Promise.resolve(known);
      // A block that fails while nobody waits for it yet still fails when its turn comes.
      block.catch(() => undefined);
      return block;
    });
    void Promise.allSettled(blocks).then(() => this.#readMemory.giveBack(lent));
    return blocks;
  }

  async #load(index: number, bytes: Promise<ReadonlyMap<number, Uint8Array>>): Promise<SampleArray | null> {
    const [context, stored] = await Promise.all([this.#blockContext(), bytes]);
    const ownBytes = stored.get(index);
    if (ownBytes === undefined) {
      return null;
    }
    const block = await this.#decode(context, index, ownBytes);
    this.#cache.set(`${this.#cacheKey}/${index}`, block);
    return block;
  }

  #decode(context: BlockContext, index: number, bytes: Uint8Array): Promise<SampleArray> {
    const { blocksAcross, blocksDown, blockHeight, storedBlockHeight, isTiled, height } = this.#layout;
    const row = Math.floor((index % (blocksAcross * blocksDown)) / blocksAcross);
    const rows = isTiled ? blockHeight : Math.min(blockHeight, height - row * blockHeight);
    const kind = isTiled ? 'tile' : blockHeight === storedBlockHeight ? 'strip' : 'part';
    return decodeBlock(context, bytes, rows, `${kind} ${index} of ${this.#name}`);
  }

  /**
   * Bytes of each block that was ever written; blocks that lie together are read together. They stand in the memory that is added to
   * `lent`.
   */
  async #blockBytes(indices: readonly number[], table: BlockTable, lent: Buffer[]): Promise<Map<number, Uint8Array>> {
    const result = new Map<number, Uint8Array>();
    const stored: number[] = [];
    for (const index of indices) {
      if (this.#isWritten(index, table)) {
        stored.push(index);
      }
    }
    stored.sort((left, right) => table.offsets[left]! - table.offsets[right]!);
    for (let from = 0; from < stored.length;) {
      const start = table.offsets[stored[from]!]!;
      let to = from;
      let end = start;
      do {
        end = Math.max(end, table.offsets[stored[to]!]! + table.byteCounts[stored[to]!]!);
        to += 1;
      } while (
        to < stored.length &&
        table.offsets[stored[to]!]! - end < 65536 &&
        table.offsets[stored[to]!]! + table.byteCounts[stored[to]!]! - start < readAheadBytes
      );
      const bytes = await this.#directory.file.readLent(this.#readMemory, start, end - start);
      lent.push(bytes);
      for (; from < to; from += 1) {
        const at = table.offsets[stored[from]!]! - start;
        const block = bytes.subarray(at, at + table.byteCounts[stored[from]!]!);
        // Uncompressed blocks are used in place, so each needs bytes of its own, aligned to its samples.
        result.set(stored[from]!, this.#layout.compression === 1 ? new Uint8Array(block) : block);
      }
    }
    return result;
  }

  #isWritten(index: number, { offsets, byteCounts }: BlockTable): boolean {
    const offset = offsets[index];
    const length = byteCounts[index];
    if (offset === undefined || length === undefined) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `${this.#directory.file.path} lists ${offsets.length} blocks but needs block ${index}; export it again`,
      );
    }
    return offset !== 0 && length !== 0;
  }

  #blockTable(): Promise<BlockTable> {
    this.#table ??= readBlockTable(this.#directory, this.#layout);
    return this.#table;
  }

  #blockContext(): Promise<BlockContext> {
    this.#context ??= (async () => ({
      path: this.#directory.file.path,
      layout: this.#layout,
      littleEndian: this.#directory.format.littleEndian,
      jpegTables: await this.#directory.bytes(tag.jpegTables),
    }))();
    return this.#context;
  }
}
