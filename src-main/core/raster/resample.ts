import type { WindowPx } from '../../contract/geo.ts';
import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { copyAsDoubles } from './doubles.ts';
import { readLevelWindow, windowParts } from './level-reader.ts';
import type { PixelLevel } from './pixel-level.ts';
import { newSamples } from './samples.ts';
import type { ValidityRule } from './validity.ts';

/** A rectangle of a level whose edges may fall inside pixels. */
export interface LevelRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ResampleRequest {
  readonly level: PixelLevel;
  /** Inside the level. */
  readonly rectangle: LevelRectangle;
  readonly outWidth: number;
  readonly outHeight: number;
  readonly bands: readonly number[];
  readonly rule: ValidityRule;
  /** `average`: mean over the area of each output pixel, so thin things do not vanish; `nearest` for class numbers. */
  readonly method: 'nearest' | 'average';
}

export interface ResampledWindow {
  readonly bands: SampleArray[];
  readonly valid: Uint8Array;
}

/** Reads a rectangle of a level at another size, part by part: memory is bounded by the output, not by the file. */
export async function readResampled(request: ResampleRequest, signal: AbortSignal): Promise<ResampledWindow> {
  return request.method === 'average' ? readAveraged(request, signal) : readNearest(request, signal);
}

async function readNearest(request: ResampleRequest, signal: AbortSignal): Promise<ResampledWindow> {
  const { level, rectangle, outWidth, outHeight, bands, rule } = request;
  const columns = nearestPositions(rectangle.x, rectangle.width, outWidth, level.width);
  const rows = nearestPositions(rectangle.y, rectangle.height, outHeight, level.height);
  const output = newOutput(level.sampleTypes, bands, outWidth * outHeight);
  await pickPositions(level, columns, rows, [...output.bands, output.valid], async (part) => {
    signal.throwIfAborted();
    const read = await readLevelWindow(level, part, bands, rule, signal);
    return [...read.bands, read.valid];
  });
  return output;
}

/**
 * Fills each of `outputs` (`rows * columns`) with the pixels of a level in these ascending columns and rows, part by part. `readPart`
 * reads as many arrays, in the types of the outputs.
 */
export async function pickPositions(
  level: PixelLevel,
  columns: Int32Array,
  rows: Int32Array,
  outputs: readonly SampleArray[],
  readPart: (part: WindowPx) => Promise<readonly SampleArray[]>,
): Promise<void> {
  const window = {
    x: columns[0]!,
    y: rows[0]!,
    width: columns[columns.length - 1]! - columns[0]! + 1,
    height: rows[rows.length - 1]! - rows[0]! + 1,
  };
  for (const part of windowParts(level, window, outputs.length)) {
    const [firstColumn, lastColumn] = indicesWithin(columns, part.x, part.x + part.width);
    const [firstRow, lastRow] = indicesWithin(rows, part.y, part.y + part.height);
    if (firstColumn > lastColumn || firstRow > lastRow) {
      continue;
    }
    const read = await readPart(part);
    for (let outY = firstRow; outY <= lastRow; outY += 1) {
      const sourceRow = (rows[outY]! - part.y) * part.width;
      const sources = columns.subarray(firstColumn, lastColumn + 1).map((column) => sourceRow + column - part.x);
      const target = outY * columns.length + firstColumn;
      read.forEach((samples, index) => {
        pickSamples(samples, sources, outputs[index]!, target);
      });
    }
  }
}

/** The source pixel under the centre of each output pixel. */
function nearestPositions(start: number, length: number, count: number, limit: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) =>
    Math.min(limit - 1, Math.max(0, Math.floor(start + ((index + 0.5) * length) / count))),
  );
}

/** First and last index whose (ascending) position lies in `[from, to)`; first > last when none does. */
function indicesWithin(positions: Int32Array, from: number, to: number): [first: number, last: number] {
  let first = 0;
  while (first < positions.length && positions[first]! < from) {
    first += 1;
  }
  let last = positions.length - 1;
  while (last >= 0 && positions[last]! >= to) {
    last -= 1;
  }
  return [first, last];
}

function pickSamples(from: SampleArray, sources: Int32Array, to: SampleArray, target: number): void {
  if (from instanceof Uint8Array) {
    for (let index = 0; index < sources.length; index += 1) {
      (to as Uint8Array)[target + index] = from[sources[index]!]!;
    }
    return;
  }
  const picked = newPicked(from, sources);
  // `to` and `from` have the type of the band.
  (to as Uint8Array).set(picked as Uint8Array, target);
}

function newPicked(from: SampleArray, sources: Int32Array): SampleArray {
  const first = sources[0]!;
  const row = from.subarray(first, sources[sources.length - 1]! + 1);
  if (row instanceof BigInt64Array) {
    return BigInt64Array.from(sources, (source) => row[source - first]!);
  }
  if (row instanceof BigUint64Array) {
    return BigUint64Array.from(sources, (source) => row[source - first]!);
  }
  const values = Float64Array.from(row);
  const picked = new Float64Array(sources.length);
  for (let index = 0; index < sources.length; index += 1) {
    picked[index] = values[sources[index]! - first]!;
  }
  return picked;
}

/** Sums of one output size: of valid samples per band, of their weights, of valid and of all area per pixel. */
interface Accumulator {
  readonly sums: readonly Float64Array[];
  readonly weights: readonly Float64Array[];
  readonly validWeight: Float64Array;
  readonly area: Float64Array;
}

async function readAveraged(request: ResampleRequest, signal: AbortSignal): Promise<ResampledWindow> {
  const { level, rectangle, outWidth, outHeight, bands, rule } = request;
  const pixels = outWidth * outHeight;
  const totals: Accumulator = {
    sums: bands.map(() => new Float64Array(pixels)),
    weights: bands.map(() => new Float64Array(pixels)),
    validWeight: new Float64Array(pixels),
    area: new Float64Array(pixels),
  };
  const x = Math.floor(rectangle.x);
  const y = Math.floor(rectangle.y);
  const window = {
    x,
    y,
    width: Math.min(level.width, Math.ceil(rectangle.x + rectangle.width)) - x,
    height: Math.min(level.height, Math.ceil(rectangle.y + rectangle.height)) - y,
  };
  const columns = sharesOf(rectangle.x, rectangle.width, outWidth, window.x, window.width);
  const rows = sharesOf(rectangle.y, rectangle.height, outHeight, window.y, window.height);
  for (const part of windowParts(level, window, bands.length)) {
    signal.throwIfAborted();
    const read = await readLevelWindow(level, part, bands, rule, signal);
    const ones = new Float64Array(part.width).fill(1);
    const values = new Float64Array(part.width);
    for (let row = 0; row < part.height; row += 1) {
      const from = row * part.width;
      const spread = (samples: Float64Array, valid: Uint8Array | null, sum: Float64Array): void => {
        const inPart = { samples, valid, from, count: part.width };
        spreadRow(inPart, part.x - window.x, columns, rows, part.y - window.y + row, sum, outWidth);
      };
      spread(ones, null, totals.area);
      spread(ones, read.valid, totals.validWeight);
      read.bands.forEach((samples, index) => {
        copyAsDoubles(samples, from, part.width, values);
        spread(values, read.validPerBand[index]!, totals.sums[index]!);
        spread(ones, read.validPerBand[index]!, totals.weights[index]!);
      });
    }
  }
  return finish(request, totals);
}

/** Into which output pixels each source pixel falls: mostly one, at its border two. */
interface Shares {
  readonly first: Int32Array;
  readonly weight: Float64Array;
  readonly nextWeight: Float64Array;
}

/** Shares of source pixels `start .. start + count` when `length` source pixels from `origin` on make `outCount`. */
function sharesOf(origin: number, length: number, outCount: number, start: number, count: number): Shares {
  const scale = outCount / length;
  const shares = {
    first: new Int32Array(count),
    weight: new Float64Array(count),
    nextWeight: new Float64Array(count),
  };
  for (let index = 0; index < count; index += 1) {
    const from = Math.max(0, (start + index - origin) * scale);
    const to = Math.min(outCount, (start + index + 1 - origin) * scale);
    const first = Math.min(outCount - 1, Math.floor(from));
    const border = Math.min(to, first + 1);
    shares.first[index] = first;
    shares.weight[index] = Math.max(0, border - from);
    shares.nextWeight[index] = first + 1 < outCount ? Math.max(0, to - border) : 0;
  }
  return shares;
}

interface SourceRow {
  readonly samples: Float64Array;
  readonly valid: Uint8Array | null;
  /** Where the row starts in `valid`. */
  readonly from: number;
  readonly count: number;
}

function spreadRow(
  { samples, valid, from, count }: SourceRow,
  firstColumn: number,
  columns: Shares,
  rows: Shares,
  row: number,
  sum: Float64Array,
  outWidth: number,
): void {
  const target = rows.first[row]! * outWidth;
  const rowWeight = rows.weight[row]!;
  const nextRowWeight = rows.nextWeight[row]!;
  for (let index = 0; index < count; index += 1) {
    if (valid !== null && valid[from + index] === 0) {
      continue;
    }
    const column = firstColumn + index;
    const at = target + columns.first[column]!;
    const value = samples[index]! * columns.weight[column]!;
    const nextValue = samples[index]! * columns.nextWeight[column]!;
    sum[at] = sum[at]! + value * rowWeight;
    if (nextValue !== 0) {
      sum[at + 1] = sum[at + 1]! + nextValue * rowWeight;
    }
    if (nextRowWeight > 0) {
      sum[at + outWidth] = sum[at + outWidth]! + value * nextRowWeight;
      if (nextValue !== 0) {
        sum[at + outWidth + 1] = sum[at + outWidth + 1]! + nextValue * nextRowWeight;
      }
    }
  }
}

/** An output pixel counts when at least half of its area does. */
function finish({ level, bands, outWidth, outHeight }: ResampleRequest, totals: Accumulator): ResampledWindow {
  const output = newOutput(level.sampleTypes, bands, outWidth * outHeight);
  for (let pixel = 0; pixel < output.valid.length; pixel += 1) {
    const weight = totals.validWeight[pixel]!;
    output.valid[pixel] = weight > 0 && weight >= totals.area[pixel]! * 0.5 ? 1 : 0;
  }
  output.bands.forEach((samples, band) => {
    const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
    const sums = totals.sums[band]!;
    const weights = totals.weights[band]!;
    const means = sums.map((sum, pixel) => {
      const weight = weights[pixel]!;
      const mean = weight > 0 ? sum / weight : Number.NaN;
      return isFloat ? mean : Math.round(weight > 0 ? mean : 0);
    });
    if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
      means.forEach((mean, pixel) => {
        samples[pixel] = BigInt(mean);
      });
    } else {
      samples.set(means);
    }
  });
  return output;
}

function newOutput(types: readonly SampleType[], bands: readonly number[], pixels: number): ResampledWindow {
  return {
    bands: bands.map((band) => newSamples(types[band - 1] ?? 'uint8', pixels)),
    valid: new Uint8Array(pixels),
  };
}
