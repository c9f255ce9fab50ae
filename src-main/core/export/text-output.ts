import { open, type FileHandle } from 'node:fs/promises';
import { writeFailure } from '../files/write-failure.ts';

const chunkLength = 1 << 20;

/** Text to a file in pieces of about a megabyte, so that large layers never exist as one string. */
export class TextOutput {
  readonly #file: FileHandle;
  readonly #path: string;
  #pending: string[] = [];
  #pendingLength = 0;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Creates the file, lets `write` fill it, and closes it whatever happens. Rejects with OUTPUT_FULL, OUTPUT_NOT_WRITABLE. */
  static async create(path: string, write: (output: TextOutput) => Promise<void>): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(path, 'w');
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
    try {
      const output = new TextOutput(file, path);
      await write(output);
      await output.#flush();
    } finally {
      await file.close();
    }
  }

  async append(text: string): Promise<void> {
    this.#pending.push(text);
    this.#pendingLength += text.length;
    if (this.#pendingLength >= chunkLength) {
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    const text = this.#pending.join('');
    this.#pending = [];
    this.#pendingLength = 0;
    try {
      await this.#file.writeFile(text, 'utf8');
    } catch (thrown) {
      throw writeFailure(this.#path, thrown);
    }
  }
}
