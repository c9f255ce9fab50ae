import { describe, expect, it } from 'vitest';
import { decodeLzw } from '../../../src-main/core/raster/lzw.ts';

/** Codes of 9 bits, most significant bit first. */
function pack(codes: readonly number[]): Uint8Array {
  const bits = codes.map((code) => code.toString(2).padStart(9, '0')).join('');
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) =>
    parseInt(bits.slice(at * 8, at * 8 + 8).padEnd(8, '0'), 2),
  );
}

describe('decodeLzw', () => {
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
