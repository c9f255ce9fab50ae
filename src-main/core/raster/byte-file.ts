import { open, type FileHandle } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';

/** A file read by position. Asking beyond its end is a damaged file, never a short answer. */
export class ByteFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  static async open(path: string): Promise<ByteFile> {
    const handle = await open(path, 'r');
    try {
      return new ByteFile(path, (await handle.stat()).size, handle);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `${this.path} is cut off: bytes ${offset} to ${offset + length} are needed, the file has ${this.size}; copy or download it again`,
      );
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) {
        throw new Think2SegError('INPUT_CORRUPT', `${this.path} became shorter while it was read; copy it again`);
      }
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
