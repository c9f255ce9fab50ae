/**
 * Reads Python pickles that hold plain data: dictionaries, lists, tuples, texts, bytes, numbers, True, False, None. Opcodes that could
 * name or call anything (GLOBAL, REDUCE, BUILD, ...) are unknown here, so a file from elsewhere can do nothing.
 */
import { Think2SegError } from '../../../contract/errors.ts';

export type PickledValue = null | boolean | number | bigint | string | Uint8Array | PickledValue[] | PickledMap;
export type PickledMap = Map<PickledValue, PickledValue>;

const mark = Symbol('mark');

class PickleReader {
  readonly #bytes: Buffer;
  readonly #path: string;
  #at = 0;
  readonly #stack: (PickledValue | typeof mark)[] = [];
  readonly #memo = new Map<number, PickledValue>();

  constructor(bytes: Buffer, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  read(): PickledValue {
    for (;;) {
      const opcode = String.fromCharCode(this.#take(1)[0]!);
      if (opcode === '.') {
        return this.#pop();
      }
      this.#step(opcode);
    }
  }

  #fail(problem: string): Think2SegError {
    return new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${this.#path}: ${problem} at byte ${this.#at}; expected a pickle of plain dictionaries, lists, texts and numbers`,
    );
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) {
      throw this.#fail('the file ends too early');
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) {
      throw this.#fail('a line has no end');
    }
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #pop(): PickledValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) {
      throw this.#fail('the stack is empty');
    }
    return value;
  }

  #popToMark(): PickledValue[] {
    const from = this.#stack.lastIndexOf(mark);
    if (from < 0) {
      throw this.#fail('a mark is missing');
    }
    return this.#stack.splice(from).slice(1) as PickledValue[];
  }

  #top(): PickledValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #append(items: PickledValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) {
      throw this.#fail('something is appended to what is no list');
    }
    for (const item of items) {
      list.push(item);
    }
  }

  #setItems(pairs: PickledValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) {
      throw this.#fail('keys and values do not make a dictionary');
    }
    for (let index = 0; index < pairs.length; index += 2) {
      map.set(pairs[index]!, pairs[index + 1]!);
    }
  }

  #remember(key: number): void {
    this.#memo.set(key, this.#top());
  }

  #recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) {
      throw this.#fail(`memo ${key} is empty`);
    }
    this.#stack.push(value);
  }

  #long(bytes: Buffer): number | bigint {
    let value = 0n;
    for (let index = bytes.length - 1; index >= 0; index--) {
      value = (value << 8n) | BigInt(bytes[index]!);
    }
    const signed = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  #decimal(text: string): number | boolean {
    if (text === '00' || text === '01') {
      return text === '01';
    }
    const value = Number(text.replace(/L$/, ''));
    if (!Number.isFinite(value)) {
      throw this.#fail(`got the number ${JSON.stringify(text)}`);
    }
    return value;
  }

  #quoted(text: string): string {
    const quote = text[0];
    if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
      throw this.#fail(`got the text ${JSON.stringify(text)}`);
    }
    return text
      .slice(1, -1)
      .replace(/\\x([0-9a-f]{2})|\\(.)/g, (_, hex: string | undefined, escaped: string | undefined) =>
        hex === undefined
          ? ({ n: '\n', r: '\r', t: '\t' }[escaped ?? ''] ?? escaped ?? '')
          : String.fromCharCode(Number.parseInt(hex, 16)),
      );
  }

  /** Python's raw-unicode-escape: everything beyond Latin-1 as its number. */
  #unescaped(text: string): string {
    return text.replace(
      /\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g,
      (_, short: string | undefined, long: string | undefined) =>
        String.fromCodePoint(Number.parseInt(short ?? long ?? '', 16)),
    );
  }

  #step(opcode: string): void {
    const push = (value: PickledValue): number => this.#stack.push(value);
    switch (opcode) {
      case '\x80': // PROTO
        this.#take(1);
        return;
      case '\x95': // FRAME
        this.#take(8);
        return;
      case '(':
        this.#stack.push(mark);
        return;
      case '0': // POP
        this.#stack.pop();
        return;
      case 'N':
        push(null);
        return;
      case '\x88':
        push(true);
        return;
      case '\x89':
        push(false);
        return;
      case 'I':
      case 'L':
        push(this.#decimal(this.#line()));
        return;
      case 'F':
        push(Number(this.#line()));
        return;
      case 'J':
        push(this.#take(4).readInt32LE());
        return;
      case 'K':
        push(this.#take(1).readUInt8());
        return;
      case 'M':
        push(this.#take(2).readUInt16LE());
        return;
      case '\x8a': // LONG1
        push(this.#long(this.#take(this.#take(1).readUInt8())));
        return;
      case 'G':
        push(this.#take(8).readDoubleBE());
        return;
      case 'S':
        push(this.#quoted(this.#line()));
        return;
      case 'V':
        push(this.#unescaped(this.#line()));
        return;
      case 'U': // SHORT_BINSTRING
      case '\x8c': // SHORT_BINUNICODE
        push(this.#take(this.#take(1).readUInt8()).toString('utf8'));
        return;
      case 'T': // BINSTRING
      case 'X': // BINUNICODE
        push(this.#take(this.#take(4).readUInt32LE()).toString('utf8'));
        return;
      case 'C': // SHORT_BINBYTES
        push(Uint8Array.from(this.#take(this.#take(1).readUInt8())));
        return;
      case 'B': // BINBYTES
        push(Uint8Array.from(this.#take(this.#take(4).readUInt32LE())));
        return;
      case ']':
      case ')':
        push([]);
        return;
      case 'l':
      case 't':
        push(this.#popToMark());
        return;
      case '\x85':
      case '\x86':
      case '\x87': {
        const count = opcode.charCodeAt(0) - 0x84;
        push(Array.from({ length: count }, () => this.#pop()).reverse());
        return;
      }
      case '}':
        push(new Map());
        return;
      case 'd': {
        const pairs = this.#popToMark();
        push(new Map());
        this.#setItems(pairs);
        return;
      }
      case 'a':
        this.#append([this.#pop()]);
        return;
      case 'e':
        this.#append(this.#popToMark());
        return;
      case 's': {
        const value = this.#pop();
        this.#setItems([this.#pop(), value]);
        return;
      }
      case 'u':
        this.#setItems(this.#popToMark());
        return;
      case '\x94': // MEMOIZE
        this.#remember(this.#memo.size);
        return;
      case 'p':
        this.#remember(Number(this.#line()));
        return;
      case 'q':
        this.#remember(this.#take(1).readUInt8());
        return;
      case 'r':
        this.#remember(this.#take(4).readUInt32LE());
        return;
      case 'g':
        this.#recall(Number(this.#line()));
        return;
      case 'h':
        this.#recall(this.#take(1).readUInt8());
        return;
      case 'j':
        this.#recall(this.#take(4).readUInt32LE());
        return;
      default:
        throw this.#fail(`opcode 0x${opcode.charCodeAt(0).toString(16)} is refused, because it could run code`);
    }
  }
}

/** Dictionaries become `Map`, tuples become lists. @throws INPUT_UNSUPPORTED for anything but plain data. */
export function readPickle(bytes: Buffer, path: string): PickledValue {
  return new PickleReader(bytes, path).read();
}

/** Dictionaries to plain objects, so that a schema can check them; entries whose key is no text or number are left out. */
export function toPlain(value: PickledValue): unknown {
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, item]) =>
      typeof key === 'string' || typeof key === 'number' ? [[String(key), toPlain(item)] as const] : [],
    );
    return Object.fromEntries(entries);
  }
  return Array.isArray(value) ? value.map(toPlain) : value;
}
