import { kernelBytes, loadKernel, type Kernel } from '../wasm/kernel-memory.ts';
import { wasmBase64 } from './argmax-kernel.wasm.ts';

interface ArgmaxKernel extends Kernel {
  readonly argmax: (start: number, end: number) => number;
}

/** Numbers that the kernel takes in one step. */
const stepLength = 16;

let kernel: ArgmaxKernel | null = null;

/** Index of the largest value, the first one of equals; -1 where one is NaN. Runs as WebAssembly (`argmax-kernel.wat`). */
export function argmax(values: Float32Array): number {
  kernel ??= loadKernel(wasmBase64) as unknown as ArgmaxKernel;
  const length = Math.ceil(values.length / stepLength) * stepLength;
  const numbers = new Float32Array(kernelBytes(kernel, length * 4).buffer, 0, length);
  numbers.set(values);
  numbers.fill(-Infinity, values.length);
  return kernel.argmax(0, numbers.byteLength);
}
