/** The part of lerc 3.0 that is used here; the package ships without types. */
declare module 'lerc' {
  interface LercImage {
    readonly width: number;
    readonly height: number;
    /** One array per band; values per pixel interleaved when asked for. */
    readonly pixels: readonly (
      Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array
    )[];
    /** 1 = valid per pixel; absent when every pixel is. */
    readonly mask?: Uint8Array | null;
  }

  const lerc: {
    decode(input: ArrayBuffer, options?: { returnPixelInterleavedDims?: boolean; inputOffset?: number }): LercImage;
  };
  export default lerc;
}
