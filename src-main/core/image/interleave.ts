/** Bands to interleaved RGB, which runs as WebAssembly (`interleave-kernel.wat`). */
import type { RgbImage } from '../ports.ts';
import { wasmBase64 } from './interleave-kernel.wasm.ts';
import { kernelBytes, loadKernel, type Kernel } from '../wasm/kernel-memory.ts';

interface InterleaveKernel extends Kernel {
  readonly interleave: (
    red: number,
    green: number,
    blue: number,
    valid: number,
    pixels: number,
    target: number,
  ) => void;
}

/** Pixels in the kernel's memory at a time, a multiple of the sixteen that it takes in one step. */
const chunkPixels = 65_536;

let kernel: InterleaveKernel | null = null;

/** `valid` holds 1 where a pixel counts, else 0: such pixels are black. All four arrays have `length` samples, a byte each. */
export function interleaveRgb(
  bands: readonly [red: Uint8Array, green: Uint8Array, blue: Uint8Array],
  valid: Uint8Array,
): RgbImage['data'] {
  kernel ??= loadKernel(wasmBase64) as unknown as InterleaveKernel;
  const target = 4 * chunkPixels;
  const bytes = kernelBytes(kernel, target + 3 * chunkPixels);
  const data = new Uint8Array(valid.length * 3);
  for (let from = 0; from < valid.length; from += chunkPixels) {
    const pixels = Math.min(chunkPixels, valid.length - from);
    [...bands, valid].forEach((samples, index) => {
      bytes.set(samples.subarray(from, from + pixels), index * chunkPixels);
    });
    kernel.interleave(0, chunkPixels, 2 * chunkPixels, 3 * chunkPixels, pixels, target);
    data.set(bytes.subarray(target, target + pixels * 3), from * 3);
  }
  return data;
}
