import { open, type FileHandle } from 'node:fs/promises';
import { writeFailure } from '../files/write-failure.ts';

export const pageBytes = 4096;

/** Pages that are collected before they are written. */
const pendingLimit = 512;

/** Pages of one file, written from front to back. Only the first, which says where all others are, is filled last. */
export class PageFile {
  readonly first = Buffer.alloc(pageBytes);
  readonly #file: FileHandle;
  readonly #path: string;
  #pending: Buffer[] = [this.first];
  #count = 1;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Creates the file, lets `write` fill it, and closes it whatever happens. Rejects with OUTPUT_FULL, OUTPUT_NOT_WRITABLE. */
  static async create(path: string, write: (pages: PageFile) => Promise<void>): Promise<void> {
    const file = await open(path, 'w').catch((thrown: unknown) => {
      throw writeFailure(path, thrown);
    });
    try {
      const pages = new PageFile(file, path);
      await write(pages);
      await pages.#finish();
    } finally {
      await file.close();
    }
  }

  get count(): number {
    return this.#count;
  }

  /** @returns the number of the page; the first is 1. */
  append(page: Buffer): number {
    this.#pending.push(page);
    this.#count += 1;
    return this.#count;
  }

  /** To be called now and then while pages are appended: memory stays bounded. */
  async flushIfMany(): Promise<void> {
    if (this.#pending.length >= pendingLimit) {
      await this.#flush();
    }
  }

  async #finish(): Promise<void> {
    const isFirstWritten = this.#pending[0] !== this.first;
    await this.#flush();
    if (isFirstWritten) {
      await this.#write(this.first, 0);
    }
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    const position = this.#count * pageBytes - bytes.length;
    this.#pending = [];
    await this.#write(bytes, position);
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await this.#file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    } catch (thrown) {
      throw writeFailure(this.#path, thrown);
    }
  }
}
