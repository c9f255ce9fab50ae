/** Coloured tiles of one raster on the window's side: asked for by need, kept up to a size, replaced when the look changes. */
import type { Look } from './colour-tile.ts';
import type { Level, TileAddress } from './pyramid.ts';
import type { TileReply, TileRequest } from './tile-messages.ts';

/** What the store needs of a worker. */
export interface TileWorker {
  onmessage: ((event: MessageEvent<TileReply>) => void) | null;
  postMessage(request: TileRequest): void;
  terminate(): void;
}

export interface TileListener {
  /** There is something new to draw. */
  changed(): void;
  /** What the file does not give, said once. */
  failed(message: string): void;
}

interface StoredTile {
  readonly bitmap: ImageBitmap;
  readonly bytes: number;
  readonly look: Look;
}

/** The worker does one tile at a time; a second one waits so that it never idles. */
const maxUnderWay = 2;
const maxStoredBytes = 192 * 2 ** 20;

export class TileStore {
  readonly #worker: TileWorker;
  readonly #listener: TileListener;
  readonly #stored = new Map<string, StoredTile>();
  readonly #underWay = new Map<number, { key: string; look: Look }>();
  readonly #unreadable = new Set<string>();
  #levels: readonly Level[] | null = null;
  #wanted: readonly TileAddress[] = [];
  #look: Look;
  #storedBytes = 0;
  #nextId = 1;

  constructor(worker: TileWorker, url: string, look: Look, listener: TileListener) {
    this.#worker = worker;
    this.#look = look;
    this.#listener = listener;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.postMessage({ kind: 'open', url });
  }

  /** Null until the file is open. */
  get levels(): readonly Level[] | null {
    return this.#levels;
  }

  /** Tiles of the old look stay until the new ones are there. */
  setLook(look: Look): void {
    this.#look = look;
    this.#listener.changed();
  }

  get(address: TileAddress): ImageBitmap | undefined {
    const key = keyOf(address);
    const tile = this.#stored.get(key);
    if (tile !== undefined) {
      this.#stored.delete(key);
      this.#stored.set(key, tile);
    }
    return tile?.bitmap;
  }

  /** All that should be there, the most urgent first. What was wanted before and is not now is forgotten. */
  want(addresses: readonly TileAddress[]): void {
    this.#wanted = addresses;
    this.#askForMore();
  }

  /** Whether everything wanted is drawn as it should look, or never will be. */
  get isComplete(): boolean {
    return this.#levels !== null && this.#wanted.every((address) => !this.#isMissing(keyOf(address)));
  }

  close(): void {
    this.#worker.terminate();
    for (const { bitmap } of this.#stored.values()) {
      bitmap.close();
    }
    this.#stored.clear();
  }

  #isMissing(key: string): boolean {
    return this.#stored.get(key)?.look !== this.#look && !this.#unreadable.has(key);
  }

  #askForMore(): void {
    for (const address of this.#wanted) {
      if (this.#underWay.size >= maxUnderWay) {
        return;
      }
      const key = keyOf(address);
      const isAsked = [...this.#underWay.values()].some((asked) => asked.key === key && asked.look === this.#look);
      if (this.#isMissing(key) && !isAsked) {
        const id = this.#nextId++;
        this.#underWay.set(id, { key, look: this.#look });
        this.#worker.postMessage({ kind: 'tile', id, address, look: this.#look });
      }
    }
  }

  #receive(reply: TileReply): void {
    switch (reply.kind) {
      case 'opened':
        this.#levels = reply.levels;
        break;
      case 'unreadable':
        this.#listener.failed(reply.message);
        return;
      case 'tile':
        this.#keep(reply.id, reply.bitmap);
        break;
      case 'tile-failed':
        this.#refuse(reply.id, reply.message);
        break;
    }
    this.#askForMore();
    this.#listener.changed();
  }

  #keep(id: number, bitmap: ImageBitmap): void {
    const { key, look } = this.#take(id);
    this.#drop(key);
    const bytes = bitmap.width * bitmap.height * 4;
    this.#stored.set(key, { bitmap, bytes, look });
    this.#storedBytes += bytes;
    const wanted = new Set(this.#wanted.map(keyOf));
    for (const oldest of this.#stored.keys()) {
      if (this.#storedBytes <= maxStoredBytes) {
        break;
      }
      if (!wanted.has(oldest)) {
        this.#drop(oldest);
      }
    }
  }

  #refuse(id: number, message: string): void {
    if (this.#unreadable.size === 0) {
      this.#listener.failed(message);
    }
    this.#unreadable.add(this.#take(id).key);
  }

  #take(id: number): { key: string; look: Look } {
    const asked = this.#underWay.get(id);
    if (asked === undefined) {
      throw new Error(`the worker answered ${id}, which nobody asked`);
    }
    this.#underWay.delete(id);
    return asked;
  }

  #drop(key: string): void {
    const tile = this.#stored.get(key);
    if (tile !== undefined) {
      tile.bitmap.close();
      this.#stored.delete(key);
      this.#storedBytes -= tile.bytes;
    }
  }
}

function keyOf({ level, column, row }: TileAddress): string {
  return `${level}/${column}/${row}`;
}
