import { Lzma2Decoder } from './lzma.ts';

/**
 * Decodes an .xz stream (the form LZMA has inside TIFF) of at most `length` bytes: LZMA2, optionally after a delta
 * filter. Follows the public .xz file format description 1.0.4; check sums are not verified, sizes are.
 */
export function decodeXz(input: Uint8Array, length: number): Uint8Array {
  const magic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
  if (magic.some((byte, index) => input[index] !== byte)) {
    throw new Error('no .xz stream');
  }
  const checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][(input[7] ?? 0) & 0x0f] ?? 0;
  const output = new Uint8Array(length);
  let written = 0;
  let at = 12;
  // A header size of zero is the index after the last block.
  while (at < input.length && input[at] !== 0) {
    const header = readBlockHeader(input, at);
    const decoder = new Lzma2Decoder(input, header.dataStart, output, written);
    decoder.run();
    if (header.deltaDistance > 0) {
      undoDelta(output.subarray(written, decoder.written), header.deltaDistance);
    }
    written = decoder.written;
    at = header.dataStart + Math.ceil((decoder.inputAt - header.dataStart) / 4) * 4 + checkBytes;
  }
  return output.subarray(0, written);
}

function readBlockHeader(input: Uint8Array, start: number): { dataStart: number; deltaDistance: number } {
  const dataStart = start + (input[start]! + 1) * 4;
  const flags = input[start + 1] ?? 0;
  const cursor = { at: start + 2 };
  if (flags & 0x40) {
    readVariableLength(input, cursor);
  }
  if (flags & 0x80) {
    readVariableLength(input, cursor);
  }
  let deltaDistance = 0;
  for (let filter = 0; filter <= (flags & 3); filter += 1) {
    const id = readVariableLength(input, cursor);
    const propertyBytes = readVariableLength(input, cursor);
    if (id === 0x03) {
      deltaDistance = (input[cursor.at] ?? 0) + 1;
    } else if (id !== 0x21) {
      throw new Error(`.xz filter ${id} is not known`);
    }
    cursor.at += propertyBytes;
  }
  return { dataStart, deltaDistance };
}

function readVariableLength(input: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = input[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) {
      return value;
    }
  }
  throw new Error('.xz number is too long');
}

function undoDelta(bytes: Uint8Array, distance: number): void {
  for (let index = distance; index < bytes.length; index += 1) {
    bytes[index] = (bytes[index]! + bytes[index - distance]!) & 0xff;
  }
}
