import { fstatSync, readSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';
import { identityOf } from '../files/file-identity.ts';
import { keepNewest } from '../keep-newest.ts';
import type { ReadMemory } from './read-memory.ts';

/**
 * Reads up to this size are cut out of pages that are kept: a header is read in dozens of pieces of a few bytes. A page is read directly:
 * mostly the system has it in memory, and another thread takes longer to wake up.
 */
const smallReadBytes = 4096;
const pageBytes = 65_536;
const keptPages = 4;

/** A file read by position. Asking beyond its end is a damaged file, never a short answer. */
export class ByteFile {
  readonly path: string;
  readonly size: number;
  /** Changes when the file is replaced or written to. */
  readonly identity: string;
  readonly #handle: FileHandle;
  /** By number, oldest first. */
  readonly #pages = new Map<number, Buffer>();

  private constructor(path: string, stats: BigIntStats, handle: FileHandle) {
    this.path = path;
    this.size = Number(stats.size);
    this.identity = identityOf(stats);
    this.#handle = handle;
  }

  static async open(path: string): Promise<ByteFile> {
    const handle = await open(path, 'r');
    try {
      return new ByteFile(path, fstatSync(handle.fd, { bigint: true }), handle);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    this.#checkRange(offset, length);
    const page = Math.floor(offset / pageBytes);
    const start = page * pageBytes;
    if (length <= smallReadBytes && offset + length <= start + pageBytes) {
      const bytes = Buffer.allocUnsafeSlow(length);
      this.#page(page).copy(bytes, 0, offset - start, offset - start + length);
      return bytes;
    }
    return this.#readNew(offset, length);
  }

  /** As `read`, in memory that is given back once the bytes are used: `lent` (which may be longer) begins with them. */
  async readLent(memory: ReadMemory, offset: number, length: number): Promise<Buffer> {
    this.#checkRange(offset, length);
    const lent = memory.take(length);
    await this.#fill(lent.subarray(0, length), offset);
    return lent;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #page(page: number): Buffer {
    let bytes = this.#pages.get(page);
    if (bytes === undefined) {
      const start = page * pageBytes;
      bytes = Buffer.allocUnsafeSlow(Math.min(pageBytes, this.size - start));
      for (let done = 0; done < bytes.length;) {
        done += this.#checkRead(readSync(this.#handle.fd, bytes, done, bytes.length - done, start + done));
      }
      keepNewest(this.#pages, page, bytes, keptPages);
    }
    return bytes;
  }

  async #readNew(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    await this.#fill(bytes, offset);
    return bytes;
  }

  #checkRange(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `${this.path} is cut off: bytes ${offset} to ${offset + length} are needed, the file has ${this.size}; copy or download it again`,
      );
    }
  }

  async #fill(bytes: Buffer, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += this.#checkRead((await this.#handle.read(bytes, done, bytes.length - done, offset + done)).bytesRead);
    }
  }

  #checkRead(bytesRead: number): number {
    if (bytesRead === 0) {
      throw new Think2SegError('INPUT_CORRUPT', `${this.path} became shorter while it was read; copy it again`);
    }
    return bytesRead;
  }
}
