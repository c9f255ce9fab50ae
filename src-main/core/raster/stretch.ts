import type { SceneInfo } from '../../contract/scene.ts';
import { Think2SegError } from '../../contract/errors.ts';
import { interleaveRgb } from '../image/interleave.ts';
import type { RasterWindow, RgbImage, SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';

/** How samples become 8-bit colours. Made once per scene or view, so that every crop of it looks alike. */
export type Stretch =
  /** Samples are colours already (three 8-bit bands). */
  | { readonly kind: 'none' }
  | { readonly kind: 'palette'; readonly colors: readonly (readonly number[])[] }
  /** Per colour: `low` becomes 0, `high` becomes 255, linear between. */
  | { readonly kind: 'linear'; readonly ranges: readonly (readonly [low: number, high: number])[] };

/** Share of the valid samples that is cut off at either end. */
const cutShare = 0.02;
/** Percentiles of more samples than this are taken from evenly spaced ones. */
const sampleLimit = 400_000;

/**
 * The stretch that fits a window whose `bands` were read as red, green and blue: none for three different 8-bit bands,
 * the palette for palette scenes, else 2 to 98 % of the valid samples of each band (linear between ranks, as numpy).
 */
export function computeStretch(
  window: RasterWindow,
  info: Pick<SceneInfo, 'bands'>,
  bands: readonly number[],
): Stretch {
  if (window.palette !== undefined) {
    return { kind: 'palette', colors: window.palette };
  }
  const areBytes = bands.every((band) => info.bands[band - 1]?.type === 'uint8');
  if (areBytes && new Set(bands).size === 3) {
    return { kind: 'none' };
  }
  const rangeByBand = new Map<number, readonly [number, number]>();
  bands.forEach((band, index) => {
    if (!rangeByBand.has(band)) {
      rangeByBand.set(band, percentileRange(window.bands[index]!, window.valid));
    }
  });
  return { kind: 'linear', ranges: bands.map((band) => rangeByBand.get(band) ?? [0, 0]) };
}

/** The window as 8-bit RGB; invalid pixels and NaN are black. The window must hold three bands (or one palette band). */
export function applyStretch(window: RasterWindow, stretch: Stretch): RgbImage {
  const { width, height } = window;
  if (stretch.kind === 'palette') {
    const data = new Uint8Array(width * height * 3);
    fillFromPalette(data, window, stretch.colors);
    return { width, height, data };
  }
  if (window.bands.length !== 3) {
    throw new Think2SegError(
      'USAGE',
      `${window.bands.length} bands were chosen, expected three for red, green and blue; repeat a band for grey`,
    );
  }
  const [red, green, blue] = window.bands;
  if (
    stretch.kind === 'none' &&
    red instanceof Uint8Array &&
    green instanceof Uint8Array &&
    blue instanceof Uint8Array
  ) {
    return { width, height, data: interleaveRgb([red, green, blue], window.valid) };
  }
  const data = new Uint8Array(width * height * 3);
  window.bands.forEach((samples, color) => {
    const [low, high] = stretch.kind === 'linear' ? (stretch.ranges[color] ?? [0, 255]) : [0, 255];
    fillColor(data, color, samples, window.valid, low, high);
  });
  return { width, height, data };
}

function fillColor(
  data: Uint8Array,
  color: number,
  samples: SampleArray,
  valid: Uint8Array,
  low: number,
  high: number,
): void {
  const scale = high > low ? 255 / (high - low) : 0;
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      const pixel = from + index;
      const level = (values[index]! - low) * scale;
      // NaN fails the comparison and stays black, as invalid pixels do.
      if (valid[pixel] === 1 && level > 0) {
        data[pixel * 3 + color] = level < 255 ? Math.round(level) : 255;
      }
    }
  });
}

function fillFromPalette(data: Uint8Array, window: RasterWindow, colors: readonly (readonly number[])[]): void {
  const indices = window.bands[0]!;
  for (let pixel = 0; pixel < window.valid.length; pixel += 1) {
    const entry = colors[Number(indices[pixel]!)];
    if (window.valid[pixel] === 1 && entry !== undefined) {
      data[pixel * 3] = entry[0] ?? 0;
      data[pixel * 3 + 1] = entry[1] ?? 0;
      data[pixel * 3 + 2] = entry[2] ?? 0;
    }
  }
}

/** The 2nd and 98th percentile of the valid finite samples; 0 and 0 when there is none. */
export function percentileRange(samples: SampleArray, valid: Uint8Array): readonly [number, number] {
  const spacing = Math.max(1, Math.floor(valid.length / sampleLimit));
  const kept = new Float64Array(Math.ceil(valid.length / spacing));
  let count = 0;
  for (let pixel = 0; pixel < valid.length; pixel += spacing) {
    const value = Number(samples[pixel]!);
    if (valid[pixel] === 1 && Number.isFinite(value)) {
      kept[count] = value;
      count += 1;
    }
  }
  const sorted = kept.subarray(0, count).sort();
  return [percentile(sorted, cutShare), percentile(sorted, 1 - cutShare)];
}

function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) {
    return 0;
  }
  const rank = share * (sorted.length - 1);
  const below = Math.floor(rank);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (upper - lower) * (rank - below);
}
