/**
 * Up to here a graphics card costs more time than it saves. Measured with the 20 MB of the embedded pack on an NVIDIA H200 beside 16 cores: a
 * question took 4 to 9 s against 0.9 to 1.5 s on the CPU, of which 2 to 3 s went into finding the card and loading; once loaded a token still
 * took 2.8 ms (CUDA) or 15 ms (WebGPU) against 1.3 ms, because so little is computed between two answers of the card. The smallest pair of
 * models of real size (SAM 2.1 tiny beside a 3B) is thirty times larger than this.
 */
export const smallModelBytes = 64e6;

/** Why `auto` looks for no graphics card to run models of `modelBytes` in all; null when it does look. */
export function whyCpuSuits(modelBytes: number): string | null {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  return modelBytes > smallModelBytes
    ? null
    : `models of ${megabytes(modelBytes)} answer on it before a graphics card is ready; auto asks one above ${megabytes(smallModelBytes)}`;
}
