import { Think2SegError } from '../../contract/errors.ts';
import type { Crs, Geotransform, WindowPx } from '../../contract/geo.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import type { RasterSource, RasterWindow, ReadRequest, SampleArray } from '../ports.ts';
import { readLevelWindow } from './level-reader.ts';
import type { PixelLevel } from './pixel-level.ts';
import { readResampled, type ResampledWindow } from './resample.ts';
import { newSamples } from './samples.ts';
import type { PaletteColor } from './scene-description.ts';
import type { ValidityRule } from './validity.ts';

/** How much coarser than asked a level may be before it is refused: overview sizes are rounded up to whole pixels. */
const levelTolerance = 1.01;
/** Steps between levels smaller than this are no decimation but rounding of overview sizes. */
const sameSizeTolerance = 1.02;

export interface SceneParts {
  readonly info: SceneInfo;
  readonly crs: Crs | null;
  /** Full resolution first, then overviews from fine to coarse. */
  readonly levels: readonly PixelLevel[];
  readonly rule: ValidityRule;
  readonly palette: readonly PaletteColor[] | null;
  /** Files that the scene is put together from, such as those of a mosaic; none for a TIFF. */
  readonly sourcePaths: readonly string[];
  readonly close: () => Promise<void>;
}

/** An open raster, whoever decodes it: picks the level, cuts at the edge, resamples, tells valid from invalid. */
export class Scene implements RasterSource {
  readonly info: SceneInfo;
  readonly crs: Crs | null;
  readonly transform: Geotransform | null;
  readonly levels: readonly PixelLevel[];
  readonly rule: ValidityRule;
  readonly palette: readonly PaletteColor[] | null;
  readonly sourcePaths: readonly string[];
  readonly #close: () => Promise<void>;

  constructor(parts: SceneParts) {
    this.info = parts.info;
    this.crs = parts.crs;
    this.transform = parts.info.transform;
    this.levels = parts.levels;
    this.rule = parts.rule;
    this.palette = parts.palette;
    this.sourcePaths = parts.sourcePaths;
    this.#close = parts.close;
  }

  /**
   * Reads through the coarsest level that is still as fine as asked. What is left to decimate is averaged over the area
   * of each output pixel (palette indices and 1-bit classes: nearest); enlarging repeats pixels.
   */
  async readWindow(request: ReadRequest, signal: AbortSignal): Promise<RasterWindow> {
    this.#check(request);
    const { windowPx, outWidth, outHeight, bands } = request;
    const inside = intersection(windowPx, this.info);
    const target = targetOf(inside, request);
    const read = await this.#readInside(inside, target, bands, signal);
    const isWhole = target.width === outWidth && target.height === outHeight;
    const placed = isWhole ? read : this.#pad(read, target, request);
    return {
      width: outWidth,
      height: outHeight,
      bands: placed.bands,
      valid: placed.valid,
      windowPx,
      ...(this.palette === null ? {} : { palette: this.palette }),
    };
  }

  async knownEmpty(windowsPx: readonly WindowPx[], bands: readonly number[]): Promise<boolean[]> {
    const { rule, levels } = this;
    const [full] = levels;
    const [nodata = null, ...others] = rule.kind === 'nodata' ? bands.map((band) => rule.values[band - 1] ?? null) : [];
    if (full === undefined || nodata === null || !others.every((other) => Object.is(other, nodata))) {
      return windowsPx.map(() => false);
    }
    const inside = windowsPx.map((windowPx) => intersection(windowPx, this.info));
    return full.areUnwritten(inside, bands, nodata);
  }

  close(): Promise<void> {
    return this.#close();
  }

  #check({ windowPx, outWidth, outHeight, bands }: ReadRequest): void {
    const { x, y, width, height } = windowPx;
    const text = `${x},${y},${width},${height}`;
    if (![x, y, width, height, outWidth, outHeight].every(Number.isInteger) || width <= 0 || height <= 0) {
      throw new Think2SegError('WINDOW_EMPTY', `window ${text} is not a rectangle of whole pixels larger than 0`);
    }
    if (outWidth <= 0 || outHeight <= 0) {
      throw new Think2SegError('WINDOW_EMPTY', `a result of ${outWidth} x ${outHeight} pixels was asked for`);
    }
    if (x >= this.info.width || y >= this.info.height || x + width <= 0 || y + height <= 0) {
      throw new Think2SegError(
        'WINDOW_OUTSIDE',
        `window ${text} does not touch the scene of ${this.info.width} x ${this.info.height} pixels`,
      );
    }
    for (const band of bands) {
      if (!Number.isInteger(band) || band < 1 || band > this.info.bands.length) {
        throw new Think2SegError(
          'BAND_UNKNOWN',
          `band ${band} was asked for, the scene has bands 1 to ${this.info.bands.length}`,
        );
      }
    }
  }

  async #readInside(
    inside: WindowPx,
    target: WindowPx,
    bands: readonly number[],
    signal: AbortSignal,
  ): Promise<ResampledWindow> {
    const { levels, rule } = this;
    const level = chooseLevel(levels, Math.min(inside.width / target.width, inside.height / target.height));
    const scaleX = level.width / this.info.width;
    const scaleY = level.height / this.info.height;
    const rectangle = {
      x: inside.x * scaleX,
      y: inside.y * scaleY,
      width: inside.width * scaleX,
      height: inside.height * scaleY,
    };
    const isExact =
      Object.values(rectangle).every(Number.isInteger) &&
      rectangle.width === target.width &&
      rectangle.height === target.height;
    if (isExact) {
      const read = await readLevelWindow(level, rectangle, bands, rule, signal);
      return { bands: [...read.bands], valid: read.valid };
    }
    const step = Math.max(rectangle.width / target.width, rectangle.height / target.height);
    const isDecimated =
      step > sameSizeTolerance && rectangle.width >= target.width && rectangle.height >= target.height;
    return readResampled(
      {
        level,
        rectangle,
        outWidth: target.width,
        outHeight: target.height,
        bands,
        rule,
        method: isDecimated && this.palette === null ? 'average' : 'nearest',
      },
      signal,
    );
  }

  /** Puts what lies inside the scene at its place; outside stays 0 and invalid. */
  #pad(read: ResampledWindow, target: WindowPx, { outWidth, outHeight, bands }: ReadRequest): ResampledWindow {
    const place = (samples: SampleArray, padded: SampleArray): void => {
      for (let row = 0; row < target.height; row += 1) {
        const from = samples.subarray(row * target.width, (row + 1) * target.width);
        // Both arrays have the type of the band.
        (padded as Uint8Array).set(from as Uint8Array, (target.y + row) * outWidth + target.x);
      }
    };
    const padded = bands.map((band) => newSamples(this.info.bands[band - 1]?.type ?? 'uint8', outWidth * outHeight));
    read.bands.forEach((samples, index) => {
      place(samples, padded[index]!);
    });
    const valid = new Uint8Array(outWidth * outHeight);
    place(read.valid, valid);
    return { bands: padded, valid };
  }
}

function chooseLevel(levels: readonly PixelLevel[], decimation: number): PixelLevel {
  const full = levels[0];
  if (full === undefined) {
    throw new Error('a scene needs a level');
  }
  let chosen = full;
  for (const level of levels.slice(1)) {
    if (full.width / level.width <= decimation * levelTolerance) {
      chosen = level;
    }
  }
  return chosen;
}

function intersection({ x, y, width, height }: WindowPx, scene: { width: number; height: number }): WindowPx {
  const left = Math.max(0, x);
  const top = Math.max(0, y);
  return {
    x: left,
    y: top,
    width: Math.min(scene.width, x + width) - left,
    height: Math.min(scene.height, y + height) - top,
  };
}

/** Which pixels of the result show the part inside the scene; at least one. */
function targetOf(inside: WindowPx, { windowPx, outWidth, outHeight }: ReadRequest): WindowPx {
  const [x, width] = placeSpan(inside.x - windowPx.x, inside.width, outWidth / windowPx.width, outWidth);
  const [y, height] = placeSpan(inside.y - windowPx.y, inside.height, outHeight / windowPx.height, outHeight);
  return { x, y, width, height };
}

function placeSpan(start: number, length: number, scale: number, limit: number): [start: number, length: number] {
  const from = Math.min(limit - 1, Math.round(start * scale));
  const to = Math.min(limit, Math.max(from + 1, Math.round((start + length) * scale)));
  return [from, to - from];
}
