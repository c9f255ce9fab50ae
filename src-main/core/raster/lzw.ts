/**
 * LZW of TIFF 6.0 section 13: codes of 9 to 12 bits, most significant bit first, widening one code early.
 * Decodes until `length` bytes are there or the data ends; the caller compares `length`.
 * Each table entry is a stretch of the output itself (where it was last written), so nothing is copied twice.
 */
export function decodeLzw(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  const entryStart = new Uint32Array(4097);
  const entryLength = new Uint16Array(4097);
  let written = 0;
  let bitBuffer = 0;
  let bitCount = 0;
  let at = 0;
  let codeBits = 9;
  let nextCode = 258;
  let previousStart = 0;
  let previousLength = 0;

  while (written < length) {
    while (bitCount < codeBits && at < input.length) {
      bitBuffer = ((bitBuffer << 8) | input[at]!) & 0xffffff;
      bitCount += 8;
      at += 1;
    }
    if (bitCount < codeBits) {
      break;
    }
    bitCount -= codeBits;
    const code = (bitBuffer >>> bitCount) & ((1 << codeBits) - 1);
    if (code === 257) {
      break;
    }
    if (code === 256) {
      codeBits = 9;
      nextCode = 258;
      previousLength = 0;
      continue;
    }
    const start = written;
    let size = 1;
    if (code < 256) {
      output[written] = code;
      written += 1;
    } else {
      if (code > nextCode || previousLength === 0 || (code === nextCode && nextCode > 4095)) {
        return output.subarray(0, written);
      }
      // The code about to be made is the previous string and its own first byte: contiguous in the output.
      const from = code === nextCode ? previousStart : entryStart[code]!;
      size = code === nextCode ? previousLength + 1 : entryLength[code]!;
      const end = Math.min(written + size, length);
      for (let source = from; written < end; source += 1, written += 1) {
        output[written] = output[source]!;
      }
    }
    if (previousLength > 0 && nextCode < 4096) {
      entryStart[nextCode] = previousStart;
      entryLength[nextCode] = previousLength + 1;
      nextCode += 1;
      if (nextCode + 1 >= 1 << codeBits && codeBits < 12) {
        codeBits += 1;
      }
    }
    previousStart = start;
    previousLength = size;
  }
  return written === length ? output : output.subarray(0, written);
}

/** PackBits of TIFF 6.0 section 9; decodes until `length` bytes are there or the data ends. */
export function decodePackBits(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let written = 0;
  let at = 0;
  while (written < length && at < input.length) {
    const header = input[at]!;
    at += 1;
    if (header < 128) {
      const count = Math.min(header + 1, length - written, input.length - at);
      output.set(input.subarray(at, at + count), written);
      at += header + 1;
      written += count;
    } else if (header > 128 && at < input.length) {
      const count = Math.min(257 - header, length - written);
      output.fill(input[at]!, written, written + count);
      at += 1;
      written += count;
    }
  }
  return output.subarray(0, written);
}
