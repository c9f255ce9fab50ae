import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { readLevelWindow, windowParts, type LevelWindow } from './level-reader.ts';
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
  const window = {
    x: columns[0]!,
    y: rows[0]!,
    width: columns[outWidth - 1]! - columns[0]! + 1,
    height: rows[outHeight - 1]! - rows[0]! + 1,
  };
  for (const part of windowParts(level, window, bands.length)) {
    signal.throwIfAborted();
    const [firstColumn, lastColumn] = indicesWithin(columns, part.x, part.x + part.width);
    const [firstRow, lastRow] = indicesWithin(rows, part.y, part.y + part.height);
    if (firstColumn > lastColumn || firstRow > lastRow) {
      continue;
    }
    const read = await readLevelWindow(level, part, bands, rule, signal);
    for (let outY = firstRow; outY <= lastRow; outY += 1) {
      const sourceRow = (rows[outY]! - part.y) * part.width - part.x;
      for (let outX = firstColumn; outX <= lastColumn; outX += 1) {
        const source = sourceRow + columns[outX]!;
        const target = outY * outWidth + outX;
        output.valid[target] = read.valid[source]!;
        for (let band = 0; band < bands.length; band += 1) {
          output.bands[band]![target] = read.bands[band]![source]!;
        }
      }
    }
  }
  return output;
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

async function readAveraged(request: ResampleRequest, signal: AbortSignal): Promise<ResampledWindow> {
  const { level, rectangle, outWidth, outHeight, bands, rule } = request;
  const pixels = outWidth * outHeight;
  const sums = bands.map(() => new Float64Array(pixels));
  const weights = bands.map(() => new Float64Array(pixels));
  const validWeight = new Float64Array(pixels);
  const area = new Float64Array(pixels);
  const x = Math.floor(rectangle.x);
  const y = Math.floor(rectangle.y);
  const window = {
    x,
    y,
    width: Math.min(level.width, Math.ceil(rectangle.x + rectangle.width)) - x,
    height: Math.min(level.height, Math.ceil(rectangle.y + rectangle.height)) - y,
  };
  const columnShares = sharesOf(rectangle.x, rectangle.width, outWidth);
  const rowShares = sharesOf(rectangle.y, rectangle.height, outHeight);
  for (const part of windowParts(level, window, bands.length)) {
    signal.throwIfAborted();
    const read = await readLevelWindow(level, part, bands, rule, signal);
    for (let row = 0; row < part.height; row += 1) {
      rowShares(part.y + row, (outY, rowWeight) => {
        for (let column = 0; column < part.width; column += 1) {
          columnShares(part.x + column, (outX, columnWeight) => {
            add(read, row * part.width + column, outY * outWidth + outX, rowWeight * columnWeight);
          });
        }
      });
    }
  }
  return finish(request, sums, weights, validWeight, area);

  function add(read: LevelWindow, source: number, target: number, weight: number): void {
    area[target] = area[target]! + weight;
    if (read.valid[source] === 0) {
      return;
    }
    validWeight[target] = validWeight[target]! + weight;
    for (let band = 0; band < bands.length; band += 1) {
      if (read.validPerBand[band]![source] === 1) {
        sums[band]![target] = sums[band]![target]! + weight * Number(read.bands[band]![source]!);
        weights[band]![target] = weights[band]![target]! + weight;
      }
    }
  }
}

/** How much of source pixel `p` falls into which output pixels: `length / count` source pixels make one. */
function sharesOf(start: number, length: number, count: number) {
  const perSource = count / length;
  return (position: number, use: (index: number, weight: number) => void): void => {
    const from = Math.max(0, (position - start) * perSource);
    const to = Math.min(count, (position + 1 - start) * perSource);
    for (let index = Math.floor(from); index < to; index += 1) {
      const weight = Math.min(to, index + 1) - Math.max(from, index);
      if (weight > 1e-9) {
        use(index, weight);
      }
    }
  };
}

/** An output pixel counts when at least half of its area does. */
function finish(
  { level, bands, outWidth, outHeight }: ResampleRequest,
  sums: readonly Float64Array[],
  weights: readonly Float64Array[],
  validWeight: Float64Array,
  area: Float64Array,
): ResampledWindow {
  const output = newOutput(level.sampleTypes, bands, outWidth * outHeight);
  for (let pixel = 0; pixel < output.valid.length; pixel += 1) {
    output.valid[pixel] = validWeight[pixel]! > 0 && validWeight[pixel]! >= area[pixel]! * 0.5 ? 1 : 0;
  }
  bands.forEach((_, band) => {
    const samples = output.bands[band]!;
    const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
    for (let pixel = 0; pixel < samples.length; pixel += 1) {
      const weight = weights[band]![pixel]!;
      const mean = weight > 0 ? sums[band]![pixel]! / weight : isFloat ? Number.NaN : 0;
      if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
        samples[pixel] = BigInt(Math.round(mean));
      } else {
        samples[pixel] = isFloat ? mean : Math.round(mean);
      }
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
