/** The parts of WebAssembly we use: neither the ECMAScript library nor Node's types declare it. */
declare namespace WebAssembly {
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }

  const Module: new (bytes: Uint8Array) => object;
  const Instance: new (module: object) => Instance;

  interface Memory {
    /** A new one after each `grow`. */
    readonly buffer: ArrayBuffer;
    /** By pages of 64 KiB. */
    grow(pages: number): number;
  }
}
