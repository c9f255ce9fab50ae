import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { convertSample, convertSamples } from './convert-samples.ts';
import { forEachChunk } from './doubles.ts';
import { readLevelWindow } from './level-reader.ts';
import {
  coveredPixels,
  coveredWindow,
  nearestFilePixels,
  spansOf,
  withinFile,
  type SourceSpan,
  type SourceSpans,
} from './mosaic-position.ts';
import type { PixelLevel } from './pixel-level.ts';
import { pickPositions } from './resample.ts';
import { newSamples } from './samples.ts';
import type { Scene } from './scene.ts';
import type { MosaicBand, MosaicSource, VrtMosaic } from './vrt-mosaic.ts';

/** Overviews of a file that are this much coarser than a level of the mosaic still serve it, as in GDAL: a share, and whatever it is. */
const coarserShare = 1.2;
const coarserFactor = 0.1;

const blockSide = 256;

/** A band of the mosaic and what is made of it, row-major like the window. */
interface Layer {
  readonly band: MosaicBand;
  readonly samples: SampleArray;
}

/** What one file gives to some layers. */
interface Piece {
  readonly source: MosaicSource;
  readonly parts: { readonly layer: Layer; readonly band: number }[];
}

/** Opens a source while `work` reads it. */
export type UseSource = <Result>(source: MosaicSource, work: (scene: Scene) => Promise<Result>) => Promise<Result>;

/** One resolution of a mosaic of files, laid out where they lie: nothing is read but what a window needs. */
export class VrtLevel implements PixelLevel {
  readonly width: number;
  readonly height: number;
  readonly blockWidth = blockSide;
  readonly blockHeight = blockSide;
  readonly sampleTypes: readonly SampleType[];
  readonly hasMask: boolean;
  readonly #mosaic: VrtMosaic;
  readonly #useSource: UseSource;

  constructor(mosaic: VrtMosaic, size: { width: number; height: number }, useSource: UseSource) {
    this.width = size.width;
    this.height = size.height;
    this.sampleTypes = mosaic.bands.map(({ type }) => type);
    this.hasMask = mosaic.mask !== null;
    this.#mosaic = mosaic;
    this.#useSource = useSource;
  }

  async read(windowLevelPx: WindowPx, bands: readonly number[], signal: AbortSignal): Promise<SampleArray[]> {
    const layers = bands.map((band) => newLayer(this.#mosaic.bands[band - 1]!, windowLevelPx));
    await this.#layOut(layers, windowLevelPx, signal);
    return layers.map(({ samples }) => samples);
  }

  async readMask(windowLevelPx: WindowPx, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#mosaic.mask === null) {
      throw new Error('this level has no mask');
    }
    const layer = newLayer({ ...this.#mosaic.mask, type: 'uint8' }, windowLevelPx);
    await this.#layOut([layer], windowLevelPx, signal);
    return Uint8Array.from(layer.samples as Uint8Array, (value) => (value === 0 ? 0 : 1));
  }

  areUnwritten(
    windowsLevelPx: readonly WindowPx[],
    bandNumbers: readonly number[],
    nodata: number,
  ): Promise<boolean[]> {
    const bands = bandNumbers.map((band) => this.#mosaic.bands[band - 1]!);
    const isBackground = bands.every(({ background }) => Object.is(background, nodata));
    return Promise.resolve(
      windowsLevelPx.map((window) => isBackground && bands.every((band) => this.#sourcesIn(band, window).length === 0)),
    );
  }

  async #layOut(layers: readonly Layer[], window: WindowPx, signal: AbortSignal): Promise<void> {
    const perLayer = layers.map(({ band }) => this.#sourcesIn(band, window));
    const most = Math.max(0, ...perLayer.map((sources) => sources.length));
    // The first sources of all bands, then the second ones: each band is laid out in its own order.
    for (let turn = 0; turn < most; turn += 1) {
      const pieces = new Map<string, Piece>();
      for (const [index, layer] of layers.entries()) {
        const source = perLayer[index]![turn];
        if (source !== undefined) {
          const piece = pieces.get(source.together) ?? { source, parts: [] };
          piece.parts.push({ layer, band: source.band });
          pieces.set(source.together, piece);
        }
      }
      for (const piece of pieces.values()) {
        signal.throwIfAborted();
        await this.#layOutPiece(piece, window, signal);
      }
    }
  }

  #sourcesIn({ sources }: MosaicBand, window: WindowPx): MosaicSource[] {
    return sources.filter((source) => {
      const { width, height } = coveredWindow(this.#spansOf(source, this.#mosaic), window);
      return width > 0 && height > 0;
    });
  }

  #spansOf(source: MosaicSource, size: { width: number; height: number }): SourceSpans {
    const scale = { x: this.width / this.#mosaic.width, y: this.height / this.#mosaic.height };
    return spansOf(source, scale, size);
  }

  async #layOutPiece(piece: Piece, window: WindowPx, signal: AbortSignal): Promise<void> {
    const { source, parts } = piece;
    if (source.constant !== null) {
      const spans = this.#spansOf(source, this.#mosaic);
      const target = coveredWindow(spans, window);
      for (const { layer } of parts) {
        const { type } = layer.band;
        const samples = newSamples(type, target.width * target.height).fill(
          convertSample(source.constant, type) as never,
        );
        put(samples, null, target, layer, window);
      }
      return;
    }
    await this.#useSource(source, async (scene) => {
      const whole = this.#spansOf(source, scene.info);
      const spans = { x: withinFile(whole.x, scene.info.width), y: withinFile(whole.y, scene.info.height) };
      const target = coveredWindow(spans, window);
      if (target.width <= 0 || target.height <= 0) {
        return;
      }
      const level = levelFor(scene, spans);
      const { x, y, width, height } = target;
      const columns = nearestFilePixels(spans.x, [x, x + width], scene.info.width, level.width);
      const rows = nearestFilePixels(spans.y, [y, y + height], scene.info.height, level.height);
      const read = await readPieces(piece, scene, level, columns, rows, signal);
      for (const [index, { layer }] of parts.entries()) {
        const { samples, isLaidOut } = read[index]!;
        const { type } = layer.band;
        const converted = samples instanceof layer.samples.constructor ? samples : convertSamples(samples, type);
        put(converted, isLaidOut, target, layer, window);
      }
    });
  }
}

function newLayer(band: MosaicBand, { width, height }: WindowPx): Layer {
  const samples = newSamples(band.type, width * height);
  if (!Object.is(band.background, 0)) {
    samples.fill(convertSample(band.background, band.type) as never);
  }
  return { band, samples };
}

/** The coarsest level that is about as fine as the mosaic is there. */
function levelFor({ info, levels }: Scene, { x, y }: SourceSpans): PixelLevel {
  const decimation = Math.min(x.fileLength / coveredCount(x), y.fileLength / coveredCount(y));
  const decimationOf = (level: PixelLevel): number => Math.min(info.width / level.width, info.height / level.height);
  const isEnough = (level: PixelLevel): boolean =>
    decimation > 1 && decimationOf(level) < decimation * coarserShare + coarserFactor;
  return levels.slice(1).filter(isEnough).at(-1) ?? levels[0]!;
}

function coveredCount(span: SourceSpan): number {
  const [first, end] = coveredPixels(span);
  return end - first;
}

interface ReadPiece {
  readonly samples: SampleArray;
  /** 1 where they are laid out; null: everywhere. */
  readonly isLaidOut: Uint8Array | null;
}

/** The samples of a file in these columns and rows of one of its levels, in the order of the parts. */
async function readPieces(
  { source, parts }: Piece,
  scene: Scene,
  level: PixelLevel,
  columns: Int32Array,
  rows: Int32Array,
  signal: AbortSignal,
): Promise<ReadPiece[]> {
  const bands = parts.map(({ band }) => band);
  const unknown = bands.find((band) => band > scene.info.bands.length);
  if (unknown !== undefined) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `band ${unknown} of ${source.path} is laid out, which has bands 1 to ${scene.info.bands.length}; make the mosaic anew`,
    );
  }
  const nodata = bands.map((band) => nodataOf(source, scene, band));
  const needsCoverage = bands.map((_, index) => source.usesMask && nodata[index] === null && !source.isMask);
  const readPart = async (part: WindowPx): Promise<SampleArray[]> => {
    const samples = source.isMask
      ? await Promise.all(bands.map((band) => coverageOf(scene, level, part, band, signal)))
      : await level.read(part, bands, signal);
    for (const [index, band] of bands.entries()) {
      if (needsCoverage[index] === true) {
        samples.push(await coverageOf(scene, level, part, band, signal));
      }
    }
    return samples;
  };
  const read = await readPositions(level, columns, rows, readPart, () => {
    const types = bands.map((band) => (source.isMask ? 'uint8' : (level.sampleTypes[band - 1] ?? 'uint8')));
    const coverages = needsCoverage.filter((isNeeded) => isNeeded).map(() => 'uint8' as const);
    return [...types, ...coverages].map((type) => newSamples(type, columns.length * rows.length));
  });
  const coverages = read.slice(bands.length) as Uint8Array[];
  return bands.map((_, index) => {
    const samples = read[index]!;
    const coverage = needsCoverage[index] === true ? coverages.shift()! : null;
    // The mask of a file lies over what is there as its samples would.
    const isLaidOut = source.isMask && source.usesMask ? (samples as Uint8Array) : coverage;
    return { samples, isLaidOut: isLaidOut ?? unlike(samples, nodata[index] ?? null) };
  });
}

/** What `readPart` gives of these columns and rows: as it is where they follow one another, else picked into new `outputs`. */
async function readPositions(
  level: PixelLevel,
  columns: Int32Array,
  rows: Int32Array,
  readPart: (part: WindowPx) => Promise<SampleArray[]>,
  newOutputs: () => SampleArray[],
): Promise<SampleArray[]> {
  if (areConsecutive(columns) && areConsecutive(rows)) {
    return readPart({ x: columns[0]!, y: rows[0]!, width: columns.length, height: rows.length });
  }
  const outputs = newOutputs();
  await pickPositions(level, columns, rows, outputs, readPart);
  return outputs;
}

function areConsecutive(positions: Int32Array): boolean {
  return positions.every((position, index) => position === positions[0]! + index);
}

/** The value that is not laid out: a file with a mask that comes from nodata says it itself. */
function nodataOf({ usesMask, nodata }: MosaicSource, { rule }: Scene, band: number): number | null {
  return (usesMask && rule.kind === 'nodata' ? rule.values[band - 1] : null) ?? nodata;
}

/** 1 where the file calls the pixel of this band valid. */
async function coverageOf(
  { rule }: Scene,
  level: PixelLevel,
  part: WindowPx,
  band: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (rule.kind === 'all') {
    return new Uint8Array(part.width * part.height).fill(1);
  }
  return (await readLevelWindow(level, part, [band], rule, signal)).valid;
}

/** 1 where a sample is not the value, which floats miss by their last digits; null without a value. */
function unlike(samples: SampleArray, value: number | null): Uint8Array | null {
  if (value === null) {
    return null;
  }
  const epsilon = samples instanceof Float32Array ? 2 ** -22 : samples instanceof Float64Array ? 2 ** -51 : 0;
  const stored = samples instanceof Float32Array ? Math.fround(value) : value;
  const result = new Uint8Array(samples.length);
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      const sample = values[index]!;
      const isValue =
        sample === stored ||
        Math.abs(sample - stored) < epsilon * Math.abs(sample + stored) ||
        (Number.isNaN(sample) && Number.isNaN(stored));
      result[from + index] = isValue ? 0 : 1;
    }
  });
  return result;
}

/** Lays samples of `target` into the layer, which has those of `window`. */
function put(
  samples: SampleArray,
  isLaidOut: Uint8Array | null,
  target: WindowPx,
  layer: Layer,
  window: WindowPx,
): void {
  // Both have the type of the band.
  const from = samples as Uint8Array;
  const to = layer.samples as Uint8Array;
  for (let row = 0; row < target.height; row += 1) {
    const source = row * target.width;
    const start = (target.y + row - window.y) * window.width + target.x - window.x;
    if (isLaidOut === null) {
      to.set(from.subarray(source, source + target.width), start);
      continue;
    }
    for (let column = 0; column < target.width; column += 1) {
      if (isLaidOut[source + column] === 1) {
        to[start + column] = from[source + column]!;
      }
    }
  }
}
