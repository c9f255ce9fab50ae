import { readSync } from 'node:fs';

/** The bytes are no protocol buffers message; the text says where. */
export class MalformedMessage extends Error {}

/** Called with the position where the part ends. */
export type PartVisitor = (end: number) => unknown;

const windowBytes = 1 << 16;
const longestText = 1 << 16;

/** Reads protocol buffers from a file through a small window. */
export class MessageReader {
  readonly #descriptor: number;
  readonly size: number;
  readonly #window = Buffer.alloc(windowBytes);
  #windowStart = 0;
  #windowLength = 0;
  #position = 0;
  #depth = 0;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.size = size;
  }

  /** Visits the fields of a message that ends at `end`; fields nobody visits are skipped unread. */
  message(
    end: number,
    parts: Record<number, PartVisitor>,
    numbers: Record<number, (value: number) => unknown> = {},
  ): void {
    // Graphs nest in graphs; a hostile file must not exhaust the stack.
    if (++this.#depth > 100) {
      throw new MalformedMessage('its parts are nested more than 100 deep');
    }
    while (this.#position < end) {
      const tag = this.#varint();
      const number = Math.floor(tag / 8);
      switch (tag % 8) {
        case 0: {
          const value = this.#varint();
          numbers[number]?.(value);
          break;
        }
        case 1:
          this.#position += 8;
          break;
        case 2: {
          const length = this.#varint();
          const partEnd = this.#position + length;
          if (partEnd > end) {
            throw new MalformedMessage(`a part reaches to byte ${partEnd}, its whole ends at ${end}`);
          }
          parts[number]?.(partEnd);
          this.#position = partEnd;
          break;
        }
        case 5:
          this.#position += 4;
          break;
        default:
          throw new MalformedMessage(`unknown wire type ${tag % 8} at byte ${this.#position}`);
      }
    }
    if (this.#position !== end) {
      throw new MalformedMessage(`a part ends at byte ${this.#position}, expected ${end}`);
    }
    this.#depth--;
  }

  packedNumbers(end: number): number[] {
    const numbers: number[] = [];
    while (this.#position < end) {
      numbers.push(this.#varint());
    }
    return numbers;
  }

  text(end: number): string {
    const length = end - this.#position;
    if (length > longestText) {
      throw new MalformedMessage(`a name of ${length} bytes`);
    }
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) {
      bytes[i] = this.#byte();
    }
    return bytes.toString('utf8');
  }

  #varint(): number {
    let value = 0;
    // Sizes and tags are far below 2^53; longer numbers (negative enumerations) lose digits that nobody here needs.
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw new MalformedMessage(`a number of more than ten bytes at byte ${this.#position}`);
  }

  #byte(): number {
    if (this.#position >= this.size) {
      throw new MalformedMessage(`it ends at byte ${this.size} in the middle of a part`);
    }
    const offset = this.#position - this.#windowStart;
    if (offset < 0 || offset >= this.#windowLength) {
      this.#windowStart = this.#position;
      this.#windowLength = readSync(this.#descriptor, this.#window, 0, windowBytes, this.#position);
      if (this.#windowLength === 0) {
        throw new MalformedMessage(`nothing could be read at byte ${this.#position}`);
      }
    }
    const byte = this.#window[this.#position - this.#windowStart]!;
    this.#position++;
    return byte;
  }
}
