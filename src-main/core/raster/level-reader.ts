import type { WindowPx } from '../../contract/geo.ts';
import type { SampleArray } from '../ports.ts';
import type { PixelLevel } from './pixel-level.ts';
import { validPixels, validSamples, type ValidityRule } from './validity.ts';

/** Samples of one window of one level with what counts in them; arrays are `height * width`. */
export interface LevelWindow {
  readonly bands: readonly SampleArray[];
  /** Per band: 1 where the sample counts by that band's nodata, NaN, the mask and the alpha. */
  readonly validPerBand: readonly Uint8Array[];
  /** 1 where the pixel counts. */
  readonly valid: Uint8Array;
}

/** Reads `bands` (1-based) of a window inside `level` and applies the scene's validity rule. */
export async function readLevelWindow(
  level: PixelLevel,
  windowLevelPx: WindowPx,
  bands: readonly number[],
  rule: ValidityRule,
  signal: AbortSignal,
): Promise<LevelWindow> {
  const extra = bandsOfRule(rule).filter((band) => !bands.includes(band));
  const samples = await level.read(windowLevelPx, [...bands, ...extra], signal);
  const requested = samples.slice(0, bands.length);
  const ownValid = requested.map((band, index) => {
    const nodata = rule.kind === 'nodata' ? (rule.values[bands[index]! - 1] ?? null) : null;
    return validSamples(band, nodata);
  });
  const pixels = windowLevelPx.width * windowLevelPx.height;
  const coverage = await readCoverage();
  const valid = validPixels(ownValid, coverage, pixels);
  const validPerBand = ownValid.map((own, index) => {
    const isAlphaItself = rule.kind === 'alpha' && bands[index] === rule.band;
    // One array serves all bands that say nothing of their own.
    return coverage === null ? (own ?? valid) : validPixels([own], isAlphaItself ? null : coverage, pixels);
  });
  return { bands: requested, validPerBand, valid };

  async function readCoverage(): Promise<Uint8Array | null> {
    if (rule.kind === 'mask') {
      return level.readMask(windowLevelPx, signal);
    }
    if (rule.kind === 'pixel-nodata') {
      const perBand = rule.values.map((nodata, index) => validSamples(samplesOf(index + 1), nodata));
      return validPixels(perBand, null, pixels);
    }
    if (rule.kind !== 'alpha') {
      return null;
    }
    return Uint8Array.from(samplesOf(rule.band) as Uint8Array, (value) => (value > 0 ? 1 : 0));
  }

  function samplesOf(band: number): SampleArray {
    return samples[[...bands, ...extra].indexOf(band)]!;
  }
}

/** Bands that say whether a pixel counts, whichever are asked for. */
function bandsOfRule(rule: ValidityRule): number[] {
  switch (rule.kind) {
    case 'alpha':
      return [rule.band];
    case 'pixel-nodata':
      return rule.values.map((_, index) => index + 1);
    case 'mask':
    case 'nodata':
    case 'all':
      return [];
  }
}

/** Splits a window into parts of at most `maximumSamples` samples, along the level's blocks where that fits. */
export function* windowParts(
  level: PixelLevel,
  windowLevelPx: WindowPx,
  bandCount: number,
  maximumSamples = 16_000_000,
): Generator<WindowPx> {
  const { blockWidth, blockHeight } = level;
  const right = windowLevelPx.x + windowLevelPx.width;
  const bottom = windowLevelPx.y + windowLevelPx.height;
  const pixels = Math.max(1, Math.floor(maximumSamples / Math.max(1, bandCount)));
  const partWidth = wholeBlocks(
    Math.min(windowLevelPx.width, Math.floor(pixels / Math.min(blockHeight, 64))),
    blockWidth,
  );
  const partHeight = wholeBlocks(Math.floor(pixels / partWidth), blockHeight);
  for (let y = windowLevelPx.y; y < bottom;) {
    const nextY = Math.min(bottom, (Math.floor(y / blockHeight) * blockHeight || 0) + partHeight);
    for (let x = windowLevelPx.x; x < right;) {
      const nextX = Math.min(right, Math.floor(x / blockWidth) * blockWidth + partWidth);
      yield { x, y, width: nextX - x, height: nextY - y };
      x = nextX;
    }
    y = nextY;
  }
}

function wholeBlocks(length: number, block: number): number {
  return Math.max(1, Math.floor(length / block)) * block;
}
