/**
 * Reads Python pickles that hold plain data: dictionaries, lists, tuples, texts, bytes, numbers, True, False, None. Opcodes that could
 * name or call anything (GLOBAL, REDUCE, BUILD, ...) are unknown here, so a file from elsewhere can do nothing.
 */
import { PickleBytes } from './pickle-bytes.ts';

export type PickledValue = null | boolean | number | bigint | string | Uint8Array | PickledValue[] | PickledMap;
export type PickledMap = Map<PickledValue, PickledValue>;

const mark = Symbol('mark');

/** The stack and the memo that opcodes work on. */
class PickleMachine {
  readonly bytes: PickleBytes;
  readonly #stack: (PickledValue | typeof mark)[] = [];
  readonly #memo = new Map<number, PickledValue>();

  constructor(bytes: PickleBytes) {
    this.bytes = bytes;
  }

  push(value: PickledValue | typeof mark): void {
    this.#stack.push(value);
  }

  pop(): PickledValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) {
      throw this.bytes.fail('the stack is empty');
    }
    return value;
  }

  popToMark(): PickledValue[] {
    const from = this.#stack.lastIndexOf(mark);
    if (from < 0) {
      throw this.bytes.fail('a mark is missing');
    }
    return this.#stack.splice(from).slice(1) as PickledValue[];
  }

  popTuple(length: number): PickledValue[] {
    return Array.from({ length }, () => this.pop()).reverse();
  }

  append(items: PickledValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) {
      throw this.bytes.fail('something is appended to what is no list');
    }
    for (const item of items) {
      list.push(item);
    }
  }

  setItems(pairs: PickledValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) {
      throw this.bytes.fail('keys and values do not make a dictionary');
    }
    for (let index = 0; index < pairs.length; index += 2) {
      map.set(pairs[index]!, pairs[index + 1]!);
    }
  }

  remember(key = this.#memo.size): void {
    this.#memo.set(key, this.#top());
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) {
      throw this.bytes.fail(`memo ${key} is empty`);
    }
    this.push(value);
  }

  #top(): PickledValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }
}

type Opcode = (machine: PickleMachine) => void;

function pushing(read: (bytes: PickleBytes) => PickledValue | typeof mark): Opcode {
  return (machine) => machine.push(read(machine.bytes));
}

/** By the letter or byte that Python's pickletools gives it. */
const opcodes: Readonly<Record<string, Opcode>> = {
  '\x80': ({ bytes }) => void bytes.take(1), // PROTO
  '\x95': ({ bytes }) => void bytes.take(8), // FRAME
  '(': pushing(() => mark),
  0: (machine) => void machine.pop(),
  N: pushing(() => null),
  '\x88': pushing(() => true),
  '\x89': pushing(() => false),
  I: pushing((bytes) => bytes.decimalLine()),
  L: pushing((bytes) => bytes.decimalLine()),
  F: pushing((bytes) => Number(bytes.line())),
  J: pushing((bytes) => bytes.take(4).readInt32LE()),
  K: pushing((bytes) => bytes.uint8()),
  M: pushing((bytes) => bytes.take(2).readUInt16LE()),
  '\x8a': pushing((bytes) => bytes.long(bytes.uint8())), // LONG1
  G: pushing((bytes) => bytes.take(8).readDoubleBE()),
  S: pushing((bytes) => bytes.quotedLine()),
  V: pushing((bytes) => bytes.escapedLine()),
  U: pushing((bytes) => bytes.take(bytes.uint8()).toString('utf8')), // SHORT_BINSTRING
  '\x8c': pushing((bytes) => bytes.take(bytes.uint8()).toString('utf8')), // SHORT_BINUNICODE
  T: pushing((bytes) => bytes.take(bytes.uint32()).toString('utf8')), // BINSTRING
  X: pushing((bytes) => bytes.take(bytes.uint32()).toString('utf8')), // BINUNICODE
  C: pushing((bytes) => Uint8Array.from(bytes.take(bytes.uint8()))), // SHORT_BINBYTES
  B: pushing((bytes) => Uint8Array.from(bytes.take(bytes.uint32()))), // BINBYTES
  ']': pushing(() => []),
  ')': pushing(() => []),
  '}': pushing(() => new Map()),
  l: (machine) => machine.push(machine.popToMark()),
  t: (machine) => machine.push(machine.popToMark()),
  '\x85': (machine) => machine.push(machine.popTuple(1)),
  '\x86': (machine) => machine.push(machine.popTuple(2)),
  '\x87': (machine) => machine.push(machine.popTuple(3)),
  d: (machine) => {
    const pairs = machine.popToMark();
    machine.push(new Map());
    machine.setItems(pairs);
  },
  a: (machine) => machine.append([machine.pop()]),
  e: (machine) => machine.append(machine.popToMark()),
  s: (machine) => machine.setItems(machine.popTuple(2)),
  u: (machine) => machine.setItems(machine.popToMark()),
  '\x94': (machine) => machine.remember(), // MEMOIZE
  p: (machine) => machine.remember(Number(machine.bytes.line())),
  q: (machine) => machine.remember(machine.bytes.uint8()),
  r: (machine) => machine.remember(machine.bytes.uint32()),
  g: (machine) => machine.recall(Number(machine.bytes.line())),
  h: (machine) => machine.recall(machine.bytes.uint8()),
  j: (machine) => machine.recall(machine.bytes.uint32()),
};

const stop = '.';

/** Dictionaries become `Map`, tuples become lists. @throws INPUT_UNSUPPORTED for anything but plain data. */
export function readPickle(content: Buffer, path: string): PickledValue {
  const bytes = new PickleBytes(content, path);
  const machine = new PickleMachine(bytes);
  for (;;) {
    const code = bytes.uint8();
    const name = String.fromCharCode(code);
    if (name === stop) {
      return machine.pop();
    }
    const opcode = Object.hasOwn(opcodes, name) ? opcodes[name] : undefined;
    if (opcode === undefined) {
      throw bytes.fail(`opcode 0x${code.toString(16)} is refused, because it could run code`);
    }
    opcode(machine);
  }
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
