/** The bytes of a pickle and the values that are written in them directly. */
import { Think2SegError } from '../../../contract/errors.ts';

export class PickleBytes {
  readonly #bytes: Buffer;
  readonly #path: string;
  #at = 0;

  constructor(bytes: Buffer, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  fail(problem: string): Think2SegError {
    return new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${this.#path}: ${problem} at byte ${this.#at}; expected a pickle of plain dictionaries, lists, texts and numbers`,
    );
  }

  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) {
      throw this.fail('the file ends too early');
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Up to the next line feed, which is consumed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) {
      throw this.fail('a line has no end');
    }
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  /** Little endian, two's complement, of any length. */
  long(length: number): number | bigint {
    const bytes = this.take(length);
    let value = 0n;
    for (let index = bytes.length - 1; index >= 0; index--) {
      value = (value << 8n) | BigInt(bytes[index]!);
    }
    const signed = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  /** A number as text; `00` and `01` are how protocol 0 writes False and True. */
  decimalLine(): number | boolean {
    const text = this.line();
    if (text === '00' || text === '01') {
      return text === '01';
    }
    const value = Number(text.replace(/L$/, ''));
    if (!Number.isFinite(value)) {
      throw this.fail(`got the number ${JSON.stringify(text)}`);
    }
    return value;
  }

  /** A text as `repr` writes it. */
  quotedLine(): string {
    const text = this.line();
    const quote = text[0];
    if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
      throw this.fail(`got the text ${JSON.stringify(text)}`);
    }
    return text
      .slice(1, -1)
      .replace(/\\x([0-9a-f]{2})|\\(.)/g, (_, hex: string | undefined, escaped: string | undefined) =>
        hex === undefined
          ? ({ n: '\n', r: '\r', t: '\t' }[escaped ?? ''] ?? escaped ?? '')
          : String.fromCharCode(Number.parseInt(hex, 16)),
      );
  }

  /** A text in Python's raw-unicode-escape: everything beyond Latin-1 as its number. */
  escapedLine(): string {
    return this.line().replace(
      /\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g,
      (_, short: string | undefined, long: string | undefined) =>
        String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16)),
    );
  }
}
