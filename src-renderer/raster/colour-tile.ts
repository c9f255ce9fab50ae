/** Samples to colours: each colour stretched between two values of its band, transparent where nothing was measured. */

export type Samples = ArrayLike<number>;

export interface TileSamples {
  readonly width: number;
  readonly height: number;
  /** By 0-based band of the file, `width * height` values each. */
  readonly bands: ReadonlyMap<number, Samples>;
  /** Non-zero where a pixel counts; null when the file has no mask. */
  readonly mask: Samples | null;
}

export interface Look {
  /** 0-based bands that red, green and blue show. */
  readonly rgbBands: readonly [number, number, number];
  /** One for each of the three colours: what becomes 0 and what becomes 255. */
  readonly stretch: readonly { readonly low: number; readonly high: number }[];
  /** By 0-based band; null for a band without. NaN never counts. */
  readonly nodata: readonly (number | null)[];
  /** By 0-based band, of all bands: a pixel is missing where each of them holds its own. Null when no such values are said. */
  readonly pixelNodata: readonly number[] | null;
  /** Band that says how much a pixel covers, and its value for all of it; null when there is none. */
  readonly alpha: { readonly band: number; readonly opaque: number } | null;
}

/** 0-based bands without which a tile cannot be coloured. */
export function bandsToRead({ rgbBands, alpha, pixelNodata }: Look): number[] {
  return [...rgbBands, ...(alpha === null ? [] : [alpha.band]), ...(pixelNodata ?? []).keys()];
}

/** Pixels that surround a tile's own on each side: copies of its edge, so that neighbours overlap without a seam. */
export const tileBorderPx = 1;

/** @returns RGBA, `(width + 2) * (height + 2) * 4` bytes: the tile and its border. */
export function colourTile(tile: TileSamples, look: Look): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = tile;
  const paddedWidth = width + 2 * tileBorderPx;
  const paddedHeight = height + 2 * tileBorderPx;
  const rgba = new Uint8ClampedArray(paddedWidth * paddedHeight * 4);
  const shown = look.rgbBands.map((band, index) => shownBand(tile, look, band, index));
  const alpha = look.alpha === null ? null : samplesOf(tile, look.alpha.band);
  const alphaScale = 255 / (look.alpha?.opaque ?? 255);
  const missing = look.pixelNodata === null ? null : missingPixels(tile, look.pixelNodata);
  for (let paddedY = 0; paddedY < paddedHeight; paddedY += 1) {
    const y = Math.min(height - 1, Math.max(0, paddedY - tileBorderPx));
    for (let paddedX = 0; paddedX < paddedWidth; paddedX += 1) {
      const x = Math.min(width - 1, Math.max(0, paddedX - tileBorderPx));
      const from = y * width + x;
      if (tile.mask?.[from] === 0 || missing?.[from] === 1) {
        continue;
      }
      const to = (paddedY * paddedWidth + paddedX) * 4;
      let isMeasured = false;
      for (let colour = 0; colour < 3; colour += 1) {
        const { samples, nodata, low, scale } = shown[colour]!;
        const value = samples[from]!;
        // The comparison with itself is false for NaN only.
        if (value === value) {
          isMeasured ||= value !== nodata;
          rgba[to + colour] = (value - low) * scale;
        }
      }
      // As everywhere in this program, a pixel counts when any of its bands does, and then with all of them: the models see it so too.
      if (isMeasured) {
        rgba[to + 3] = alpha === null ? 255 : alpha[from]! * alphaScale;
      } else {
        rgba.fill(0, to, to + 4);
      }
    }
  }
  return rgba;
}

/** 1 where each band holds its own value of `pixelNodata`, or NaN. */
function missingPixels(tile: TileSamples, pixelNodata: readonly number[]): Uint8Array {
  const missing = new Uint8Array(tile.width * tile.height).fill(1);
  pixelNodata.forEach((value, band) => {
    const samples = samplesOf(tile, band);
    const stored = asStored(value, samples);
    for (let index = 0; index < missing.length; index += 1) {
      const sample = samples[index]!;
      if (sample === sample && sample !== stored) {
        missing[index] = 0;
      }
    }
  });
  return missing;
}

function shownBand(
  tile: TileSamples,
  look: Look,
  band: number,
  index: number,
): { samples: Samples; nodata: number | null; low: number; scale: number } {
  const { low, high } = look.stretch[index]!;
  const nodata = look.nodata[band] ?? null;
  const samples = samplesOf(tile, band);
  return {
    samples,
    nodata: nodata === null ? null : asStored(nodata, samples),
    low,
    // A flat band becomes black below its value and white from there on.
    scale: 255 / Math.max(high - low, Number.MIN_VALUE),
  };
}

/** A double that names nodata is stored in a float band as a float. */
function asStored(nodata: number, samples: Samples): number {
  return samples instanceof Float32Array ? Math.fround(nodata) : nodata;
}

function samplesOf({ bands }: TileSamples, band: number): Samples {
  const samples = bands.get(band);
  if (samples === undefined) {
    throw new RangeError(`got band ${band}, expected one that was read: ${[...bands.keys()].join(', ')}`);
  }
  return samples;
}
