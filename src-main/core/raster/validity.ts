import type { SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';

/**
 * Where a scene's own data say which pixels count, in GDAL's order of precedence: a mask band, else nodata values of
 * pixels, else those of bands, else an alpha band, else everything.
 */
export type ValidityRule =
  | { readonly kind: 'mask' }
  /** One value per band of the scene, null for a band without; NaN allowed. */
  | { readonly kind: 'nodata'; readonly values: readonly (number | null)[] }
  /** NODATA_VALUES of GDAL, one value per band of the scene: a pixel is missing in all bands where each holds its own, and nowhere else. */
  | { readonly kind: 'pixel-nodata'; readonly values: readonly number[] }
  /** 1-based number of the alpha band. */
  | { readonly kind: 'alpha'; readonly band: number }
  | { readonly kind: 'all' };

/**
 * 1 where the sample of one band counts: not the band's nodata value and not NaN. Null when every sample does without
 * looking (integers without a nodata value).
 * `nodata` is compared as the band's type stores it (a double becomes a float32 in a float32 band).
 */
export function validSamples(samples: SampleArray, nodata: number | null): Uint8Array | null {
  const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
  const stored = nodata !== null && samples instanceof Float32Array ? Math.fround(nodata) : nodata;
  if (!isFloat && (stored === null || Number.isNaN(stored))) {
    return null;
  }
  const valid = new Uint8Array(samples.length);
  // No sample equals NaN, so it stands for "no nodata value".
  const missing = stored ?? Number.NaN;
  if (isFilledWith(samples, missing)) {
    return valid;
  }
  if (samples instanceof Uint8Array) {
    // Most scenes are of bytes: a loop of its own takes a third of the time.
    for (let index = 0; index < samples.length; index += 1) {
      valid[index] = samples[index] === missing ? 0 : 1;
    }
    return valid;
  }
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      const value = values[index]!;
      // The second comparison is false for NaN only.
      valid[from + index] = value === missing || value !== value ? 0 : 1;
    }
  });
  return valid;
}

/**
 * 1 where a pixel counts. `perBand` are the `validSamples` of the bands read, `coverage` the mask or alpha (null if
 * the rule has none). As rasterio's `dataset_mask` does, a pixel counts when any of its bands does: NAIP scenes with
 * nodata 0 have true zeros in single bands.
 */
export function validPixels(
  perBand: readonly (Uint8Array | null)[],
  coverage: Uint8Array | null,
  length: number,
): Uint8Array {
  const given = perBand.filter((band) => band !== null);
  if (given.length < perBand.length) {
    return coverage === null ? new Uint8Array(length).fill(1) : coverage.slice();
  }
  const valid = new Uint8Array(length);
  for (const band of given) {
    addFlags(valid, band);
  }
  if (coverage !== null) {
    for (let index = 0; index < length; index += 1) {
      valid[index] = valid[index]! & coverage[index]!;
    }
  }
  return valid;
}

/** Whether all samples have the bits of a first one that is `value`. Large scenes are mostly empty, and comparing memory costs next to nothing. */
function isFilledWith(samples: SampleArray, value: number): boolean {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = samples;
  if (samples[0] !== value) {
    return false;
  }
  // Each equals the next one.
  const allButLast = Buffer.from(buffer, byteOffset, byteLength - size);
  return allButLast.equals(Buffer.from(buffer, byteOffset + size, byteLength - size));
}

/** `target[i] |= flags[i]`, four at a time where they lie so in memory. `target` has memory of its own. */
function addFlags(target: Uint8Array, flags: Uint8Array): void {
  const words = flags.byteOffset % 4 === 0 ? Math.floor(target.length / 4) : 0;
  const targetWords = new Uint32Array(target.buffer, 0, words);
  const flagWords = new Uint32Array(flags.buffer, words === 0 ? 0 : flags.byteOffset, words);
  for (let index = 0; index < words; index += 1) {
    targetWords[index] = targetWords[index]! | flagWords[index]!;
  }
  for (let index = words * 4; index < target.length; index += 1) {
    target[index] = target[index]! | flags[index]!;
  }
}
