/** Rows as SQLite keeps them: https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1. */

/** Whole numbers become integers, others reals; numbers that are none become null. */
export type SqliteValue = null | number | string | Uint8Array;

const empty = Buffer.alloc(0);

/** A safe integer as big-endian groups of seven bits; every byte but the last has its top bit set. */
export function varint(value: number): Buffer {
  if (value < 0) {
    return longVarint(BigInt.asUintN(64, BigInt(value)));
  }
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) | 0x80);
  }
  return Buffer.from(bytes);
}

/** All 64 bits: eight groups of seven, and a whole byte. */
function longVarint(bits: bigint): Buffer {
  const groups = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(57 - 7 * index)) & 0x7fn) | 0x80);
  return Buffer.from([...groups, Number(bits & 0xffn)]);
}

/** The type of each value, then the values. */
export function encodeRecord(values: readonly SqliteValue[]): Buffer {
  const columns = values.map(encodeValue);
  const types = Buffer.concat(columns.map(({ type }) => varint(type)));
  // The length of the header counts itself: one byte of it up to 127.
  const headerBytes = types.length + (types.length < 127 ? 1 : 2);
  return Buffer.concat([varint(headerBytes), types, ...columns.map(({ body }) => body)]);
}

function encodeValue(value: SqliteValue): { type: number; body: Uint8Array } {
  if (value === null) {
    return { type: 0, body: empty };
  }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? encodeInteger(value) : encodeReal(value);
  }
  if (typeof value === 'string') {
    const body = Buffer.from(value, 'utf8');
    return { type: 13 + 2 * body.length, body };
  }
  return { type: 12 + 2 * value.length, body: value };
}

function encodeInteger(value: number): { type: number; body: Buffer } {
  if (value === 0 || value === 1) {
    return { type: 8 + value, body: empty };
  }
  const magnitude = value < 0 ? -value - 1 : value;
  const [type, length] = integerTypes.find(([, bytes]) => magnitude < 2 ** (8 * bytes - 1)) ?? [6, 8];
  if (length === 8) {
    const body = Buffer.alloc(8);
    body.writeBigInt64BE(BigInt(value));
    return { type, body };
  }
  const body = Buffer.alloc(length);
  body.writeIntBE(value, 0, length);
  return { type, body };
}

/** Type and bytes. */
const integerTypes = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 6],
] as const;

function encodeReal(value: number): { type: number; body: Buffer } {
  if (!Number.isFinite(value)) {
    return { type: 0, body: empty };
  }
  const body = Buffer.alloc(8);
  body.writeDoubleBE(value);
  return { type: 7, body };
}
