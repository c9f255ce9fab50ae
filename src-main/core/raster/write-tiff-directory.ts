/** One tag with its values; `type` as TIFF numbers field types. */
export interface TagValue {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
}

/** One BigTIFF directory with the values that do not fit into it behind it. */
export function encodeBigTiffDirectory(entries: readonly TagValue[], offset: number, isLast: boolean): Buffer {
  const sorted = [...entries].sort((left, right) => left.tag - right.tag);
  const table = Buffer.alloc(8 + sorted.length * 20 + 8);
  table.writeBigUInt64LE(BigInt(sorted.length), 0);
  const behind: Buffer[] = [];
  let behindAt = offset + table.length;
  sorted.forEach(({ tag: number, type, values }, index) => {
    const at = 8 + index * 20;
    const bytes = encodeValues(type, values);
    table.writeUInt16LE(number, at);
    table.writeUInt16LE(type, at + 2);
    table.writeBigUInt64LE(BigInt(values.length), at + 4);
    if (bytes.length <= 8) {
      bytes.copy(table, at + 12);
    } else {
      table.writeBigUInt64LE(BigInt(behindAt), at + 12);
      behind.push(bytes);
      behindAt += bytes.length;
    }
  });
  table.writeBigUInt64LE(isLast ? 0n : BigInt(behindAt), table.length - 8);
  return Buffer.concat([table, ...behind]);
}

function encodeValues(type: number, values: readonly number[]): Buffer {
  const size = { 2: 1, 3: 2, 4: 4, 12: 8, 16: 8 }[type] ?? 1;
  // Values stay on even addresses.
  const bytes = Buffer.alloc(Math.ceil((values.length * size) / 2) * 2);
  values.forEach((value, index) => {
    const at = index * size;
    if (type === 3) {
      bytes.writeUInt16LE(value, at);
    } else if (type === 4) {
      bytes.writeUInt32LE(value, at);
    } else if (type === 12) {
      bytes.writeDoubleLE(value, at);
    } else if (type === 16) {
      bytes.writeBigUInt64LE(BigInt(value), at);
    } else {
      bytes[at] = value;
    }
  });
  return bytes;
}
