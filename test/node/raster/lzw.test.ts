import { describe, expect, it } from 'vitest';
import { decodeLzw } from '../../../src-main/core/raster/lzw.ts';

/** Codes of 9 bits, most significant bit first. */
function pack(codes: readonly number[]): Uint8Array {
  const bits = codes.map((code) => code.toString(2).padStart(9, '0')).join('');
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) =>
    parseInt(bits.slice(at * 8, at * 8 + 8).padEnd(8, '0'), 2),
  );
}

/** As TIFF 6.0 describes its writer, but never clearing the table after the start: what the 4,096 codes lack goes out in shorter strings. */
function encode(bytes: Uint8Array): Uint8Array {
  const codes = new Map<string, number>(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
  let bits = '';
  let codeBits = 9;
  let next = 258;
  const put = (code: number): void => {
    bits += code.toString(2).padStart(codeBits, '0');
  };
  put(256);
  let known = '';
  for (const byte of bytes) {
    const longer = known + String.fromCharCode(byte);
    if (codes.has(longer)) {
      known = longer;
      continue;
    }
    put(codes.get(known)!);
    if (next < 4096) {
      codes.set(longer, next);
      next += 1;
      codeBits = Math.min(12, Math.floor(Math.log2(next)) + 1);
    }
    known = String.fromCharCode(byte);
  }
  put(codes.get(known)!);
  put(257);
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (octet) => parseInt(octet.padEnd(8, '0'), 2));
}

/** Bytes below `most`, with the same numbers in every run. */
function noise(length: number, most: number): Uint8Array {
  let state = 12_345;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  });
}

describe('decodeLzw', () => {
  it('reads codes of all widths and strings of all lengths, and goes on with a full table', () => {
    for (const most of [1, 2, 16, 256]) {
      const data = noise(40_000, most);
      expect(Buffer.compare(decodeLzw(encode(data), data.length), data)).toBe(0);
    }
  });

  it('gives the front of the output when the data end anywhere', () => {
    const data = noise(700, 3);
    const stored = encode(data);
    let before = 0;
    for (let length = 0; length <= stored.length; length++) {
      const read = decodeLzw(stored.subarray(0, length), data.length);
      expect(Buffer.compare(read, data.subarray(0, read.length))).toBe(0);
      expect(read.length).toBeGreaterThanOrEqual(before);
      before = read.length;
    }
    expect(before).toBe(data.length);
  });

  it('reads the example of the specification', () => {
    const stored = pack([256, 7, 258, 8, 8, 258, 6, 6, 257]);
    expect([...decodeLzw(stored, 10)]).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
    // The table of an earlier block is gone.
    expect([...decodeLzw(stored, 10)]).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
  });

  it('reads codes that are made in the moment they come', () => {
    // 258 = 5 5, 259 = 5 5 5, and so on: each string is the one before and its first byte.
    const grown = [256, 5, ...Array.from({ length: 20 }, (_, at) => 258 + at), 257];
    expect([...decodeLzw(pack(grown), 400)]).toEqual(new Array<number>((21 * 22) / 2).fill(5));
    const two = [256, 1, 2, 258, 260, 261, 257];
    expect([...decodeLzw(pack(two), 400)]).toEqual([1, 2, 1, 2, 1, 2, 1, 1, 2, 1, 1]);
  });

  it('stops at the asked length, inside a string too', () => {
    expect([...decodeLzw(pack([256, 1, 2, 258, 260, 257]), 6)]).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('gives what came before the data end or make no sense', () => {
    expect([...decodeLzw(pack([256, 1, 2, 258, 260]).subarray(0, 4), 9)]).toEqual([1, 2]);
    expect([...decodeLzw(pack([256, 1, 2, 300, 1, 257]), 9)]).toEqual([1, 2]);
    expect([...decodeLzw(pack([256, 258, 1, 257]), 9)]).toEqual([]);
  });
});
