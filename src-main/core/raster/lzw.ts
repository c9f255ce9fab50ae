import { kernelBytes, loadKernel, type Kernel } from '../wasm/kernel-memory.ts';
import { wasmBase64 } from './lzw-kernel.wasm.ts';

interface LzwKernel extends Kernel {
  readonly decodeLzw: (input: number, inputEnd: number, output: number, outputEnd: number) => number;
}

/** The kernel's table lies before the input: 4,096 codes and one to spare, and the 256 strings of one byte, read in steps of 16. */
const tableBytes = 4097 * 8 + 256 + 16;
/** What the kernel may read behind the input, and write behind the output. */
const slackBytes = 16;

let kernel: LzwKernel | null = null;

/**
 * LZW of TIFF 6.0 section 13, as WebAssembly (`lzw-kernel.wat`). Decodes until `length` bytes are there or the data ends; the caller
 * compares `length`.
 */
export function decodeLzw(input: Uint8Array, length: number): Uint8Array {
  kernel ??= loadKernel(wasmBase64) as unknown as LzwKernel;
  const output = tableBytes + input.length + slackBytes;
  const bytes = kernelBytes(kernel, output + length + slackBytes);
  bytes.set(input, tableBytes);
  return bytes.slice(output, kernel.decodeLzw(tableBytes, tableBytes + input.length, output, output + length));
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
