/** Interleaved RGB to a plane of values for each colour: four times as fast as JavaScript, by WebAssembly (`planes-kernel.wat`). */
import { kernelBytes, loadKernel, type Kernel } from '../wasm/kernel-memory.ts';
import { wasmBase64 } from './planes-kernel.wasm.ts';

interface PlanesKernel extends Kernel {
  readonly planes: (source: number, sourceEnd: number, tables: number, target: number, planeBytes: number) => void;
}

/** Pixels in the kernel's memory at a time. */
const chunkPixels = 65_536;
/** One value for each 8-bit sample. */
const tableLength = 256;

let kernel: PlanesKernel | null = null;

/**
 * @param data `height * width * 3` samples.
 * @param tables the values of the 256 samples of red, green and blue.
 * @returns `3 * height * width` values, channels first.
 */
export function colorPlanes(
  data: Uint8Array,
  tables: readonly [red: Float32Array, green: Float32Array, blue: Float32Array],
): Float32Array {
  kernel ??= loadKernel(wasmBase64) as unknown as PlanesKernel;
  const planeBytes = 4 * chunkPixels;
  const [tablesAt, target, source] = [0, 3 * 4 * tableLength, 3 * 4 * tableLength + 3 * planeBytes];
  const bytes = kernelBytes(kernel, source + 3 * chunkPixels);
  const floats = new Float32Array(bytes.buffer);
  tables.forEach((table, color) => {
    floats.set(table, tablesAt / 4 + color * tableLength);
  });
  const pixels = data.length / 3;
  const values = new Float32Array(data.length);
  for (let from = 0; from < pixels; from += chunkPixels) {
    const chunk = data.subarray(from * 3, (from + chunkPixels) * 3);
    bytes.set(chunk, source);
    kernel.planes(source, source + chunk.length, tablesAt, target, planeBytes);
    for (let color = 0; color < 3; color++) {
      const plane = target / 4 + color * chunkPixels;
      values.set(floats.subarray(plane, plane + chunk.length / 3), color * pixels + from);
    }
  }
  return values;
}
