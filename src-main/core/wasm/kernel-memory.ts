/** The memory that a WebAssembly kernel works in, kept for its next call. */
export interface Kernel {
  readonly memory: WebAssembly.Memory;
}

const pageBytes = 65_536;

/** A kernel from its bytes in base64: what `resources/wasm/compile.mjs` makes of a `.wat`. */
export function loadKernel(wasmBase64: string): Kernel & Readonly<Record<string, unknown>> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasmBase64, 'base64')));
  return exports as unknown as Kernel & Readonly<Record<string, unknown>>;
}

/** All memory of a kernel, at least `byteLength`; views of earlier calls may be empty after. */
export function kernelBytes({ memory }: Kernel, byteLength: number): Uint8Array {
  const missing = byteLength - memory.buffer.byteLength;
  if (missing > 0) {
    memory.grow(Math.ceil(missing / pageBytes));
  }
  return new Uint8Array(memory.buffer);
}
