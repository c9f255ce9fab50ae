/** Writes a tiled, deflate-compressed BigTIFF with all its overviews in one pass over the rows of a scene. */
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Geotransform } from '../../contract/geo.ts';
import { halveRows, likeSamples, type DrawnSamples, type DrawnSampleType, type RowBlock } from './halve-rows.ts';
import { bytesPerSample } from './samples.ts';
import { tag } from './tiff-directory.ts';
import { encodeBigTiffDirectory, type TagValue } from './write-tiff-directory.ts';

export const tileSide = 256;

export interface PyramidShape {
  readonly width: number;
  readonly height: number;
  readonly sampleType: DrawnSampleType;
  /** Bands lie one after the other (planar): each is written on its own. */
  readonly bandCount: number;
  /** The first three bands are colours. */
  readonly isRgb: boolean;
  readonly nodata: number | null;
  readonly transform: Geotransform;
  /** Whether validity is written as a mask of its own. */
  readonly hasMask: boolean;
}

const compress = promisify(deflate) as (bytes: Uint8Array, options: { level: number }) => Promise<Buffer>;
/** Speed matters more than the last tenth of size: the copy is thrown away one day. */
const deflateLevel = 1;

/** One image of the file: a level, or the mask of a level. */
class TiledImage {
  readonly width: number;
  readonly height: number;
  readonly planes: number;
  readonly across: number;
  readonly offsets: Float64Array;
  readonly byteCounts: Float64Array;

  constructor(width: number, height: number, planes: number) {
    this.width = width;
    this.height = height;
    this.planes = planes;
    this.across = Math.ceil(width / tileSide);
    const tiles = this.across * Math.ceil(height / tileSide) * planes;
    this.offsets = new Float64Array(tiles);
    this.byteCounts = new Float64Array(tiles);
  }

  indexOf(plane: number, tileRow: number, tileColumn: number): number {
    const down = this.offsets.length / this.planes / this.across;
    return (plane * down + tileRow) * this.across + tileColumn;
  }
}

/** Rows of one level that do not fill a row of tiles yet. */
interface Level {
  readonly image: TiledImage;
  readonly mask: TiledImage | null;
  pending: RowBlock;
  tileRow: number;
}

export class TiffPyramid {
  readonly #file: FileHandle;
  readonly #shape: PyramidShape;
  readonly #levels: { readonly image: TiledImage; readonly mask: TiledImage | null }[] = [];
  #end = 16;

  /** @param file empty and open for writing; stays open. */
  constructor(file: FileHandle, shape: PyramidShape) {
    this.#file = file;
    this.#shape = shape;
    let { width, height } = shape;
    for (;;) {
      this.#levels.push({
        image: new TiledImage(width, height, shape.bandCount),
        mask: shape.hasMask ? new TiledImage(width, height, 1) : null,
      });
      if (width <= tileSide && height <= tileSide) {
        break;
      }
      width = Math.ceil(width / 2);
      height = Math.ceil(height / 2);
    }
  }

  /**
   * Writes some bands at every level. `blocks` gives the rows of the full level from top to bottom, in blocks of a multiple of
   * `tileSide` rows, the last one perhaps fewer. The mask is taken from the call with `firstBand` 0.
   */
  async writeBands(firstBand: number, blocks: AsyncIterable<RowBlock>): Promise<void> {
    const levels: Level[] = this.#levels.map((level) => ({ ...level, tileRow: 0, pending: emptyBlock }));
    for await (const block of blocks) {
      await this.#append(levels, 0, firstBand, block);
    }
    for (const index of levels.keys()) {
      await this.#flush(levels, index, firstBand);
    }
  }

  /** Writes header and directories; the file is complete after it. */
  async finish(): Promise<void> {
    const directories = this.#levels.flatMap(({ image, mask }, index) => [
      this.#directory(image, { isOverview: index > 0, isMask: false }),
      ...(mask === null ? [] : [this.#directory(mask, { isOverview: index > 0, isMask: true })]),
    ]);
    const header = Buffer.alloc(16);
    header.write('II');
    header.writeUInt16LE(43, 2);
    header.writeUInt16LE(8, 4);
    header.writeBigUInt64LE(BigInt(this.#end), 8);
    await this.#file.write(header, 0, header.length, 0);
    for (const [index, entries] of directories.entries()) {
      await this.#put(encodeBigTiffDirectory(entries, this.#end, index === directories.length - 1));
    }
  }

  async #append(levels: readonly Level[], index: number, firstBand: number, block: RowBlock): Promise<void> {
    const level = levels[index];
    if (level === undefined) {
      return;
    }
    level.pending = level.pending.rows === 0 ? block : joinBlocks(level.pending, block);
    while (level.pending.rows >= tileSide) {
      const full = takeRows(level.pending, 0, tileSide);
      level.pending = takeRows(level.pending, tileSide, level.pending.rows);
      await this.#writeTileRow(level, firstBand, full);
      await this.#append(levels, index + 1, firstBand, halveRows(full));
    }
  }

  async #flush(levels: readonly Level[], index: number, firstBand: number): Promise<void> {
    const level = levels[index];
    if (level === undefined || level.pending.rows === 0) {
      return;
    }
    const rest = level.pending;
    level.pending = emptyBlock;
    await this.#writeTileRow(level, firstBand, rest);
    await this.#append(levels, index + 1, firstBand, halveRows(rest));
  }

  async #writeTileRow(level: Level, firstBand: number, block: RowBlock): Promise<void> {
    const { image, mask, tileRow } = level;
    const planes = block.bands.map((samples, band) => ({ image, plane: firstBand + band, samples }));
    if (mask !== null && firstBand === 0) {
      planes.push({ image: mask, plane: 0, samples: block.valid.map((value) => value * 255) });
    }
    for (let column = 0; column < image.across; column += 1) {
      // Bands of one place lie together, so that a map fetches them together.
      const tiles = await Promise.all(
        planes.map(({ samples }) => compress(bytesOfTile(samples, block, column), { level: deflateLevel })),
      );
      for (const [at, bytes] of tiles.entries()) {
        const { image: target, plane } = planes[at]!;
        const index = target.indexOf(plane, tileRow, column);
        target.offsets[index] = this.#end;
        target.byteCounts[index] = bytes.length;
        await this.#put(bytes);
      }
    }
    level.tileRow += 1;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, this.#end);
    this.#end += bytes.length;
  }

  #directory(image: TiledImage, kind: { isOverview: boolean; isMask: boolean }): TagValue[] {
    const { sampleType, isRgb, nodata, transform } = this.#shape;
    const { isMask, isOverview } = kind;
    const bits = isMask ? 8 : bytesPerSample(sampleType) * 8;
    const format = isMask || sampleType.startsWith('uint') ? 1 : sampleType.startsWith('int') ? 2 : 3;
    const colors = isRgb && !isMask ? 3 : 1;
    const extra = image.planes - colors;
    const [a, b, c, d, e, f] = transform;
    const place: TagValue[] =
      b === 0 && d === 0 && a > 0 && e < 0
        ? [
            { tag: tag.modelPixelScale, type: 12, values: [a, -e, 0] },
            { tag: tag.modelTiepoint, type: 12, values: [0, 0, 0, c, f, 0] },
          ]
        : [{ tag: tag.modelTransformation, type: 12, values: [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1] }];
    return [
      { tag: tag.newSubfileType, type: 4, values: [(isOverview ? 1 : 0) + (isMask ? 4 : 0)] },
      { tag: tag.imageWidth, type: 4, values: [image.width] },
      { tag: tag.imageLength, type: 4, values: [image.height] },
      { tag: tag.bitsPerSample, type: 3, values: new Array<number>(image.planes).fill(bits) },
      { tag: tag.compression, type: 3, values: [8] },
      { tag: tag.photometric, type: 3, values: [isMask ? 4 : isRgb ? 2 : 1] },
      { tag: tag.samplesPerPixel, type: 3, values: [image.planes] },
      { tag: tag.planarConfiguration, type: 3, values: [2] },
      { tag: tag.tileWidth, type: 3, values: [tileSide] },
      { tag: tag.tileLength, type: 3, values: [tileSide] },
      { tag: tag.tileOffsets, type: 16, values: [...image.offsets] },
      { tag: tag.tileByteCounts, type: 16, values: [...image.byteCounts] },
      ...(extra > 0 ? [{ tag: tag.extraSamples, type: 3, values: new Array<number>(extra).fill(0) }] : []),
      { tag: tag.sampleFormat, type: 3, values: new Array<number>(image.planes).fill(format) },
      ...(isOverview || isMask ? [] : place),
      ...(nodata === null || isMask
        ? []
        : [{ tag: tag.gdalNodata, type: 2, values: [...Buffer.from(`${Number.isNaN(nodata) ? 'nan' : nodata}\0`)] }]),
    ];
  }
}

const emptyBlock: RowBlock = { width: 0, rows: 0, bands: [], validPerBand: [], valid: new Uint8Array() };

function takeRows({ width, bands, validPerBand, valid }: RowBlock, from: number, to: number): RowBlock {
  const cut = <Samples extends DrawnSamples>(samples: Samples): Samples =>
    samples.subarray(from * width, to * width) as Samples;
  return { width, rows: to - from, bands: bands.map(cut), validPerBand: validPerBand.map(cut), valid: cut(valid) };
}

function joinBlocks(above: RowBlock, below: RowBlock): RowBlock {
  const join = <Samples extends DrawnSamples>(first: Samples, second: Samples): Samples => {
    const joined = likeSamples(first, first.length + second.length);
    joined.set(first);
    joined.set(second, first.length);
    return joined;
  };
  return {
    width: above.width,
    rows: above.rows + below.rows,
    bands: above.bands.map((samples, band) => join(samples, below.bands[band]!)),
    validPerBand: above.validPerBand.map((valid, band) => join(valid, below.validPerBand[band]!)),
    valid: join(above.valid, below.valid),
  };
}

/** One tile as bytes; beyond the edge of the level it repeats nothing and is 0. */
function bytesOfTile(samples: DrawnSamples, { width, rows }: RowBlock, column: number): Uint8Array {
  const tile = likeSamples(samples, tileSide * tileSide);
  const left = column * tileSide;
  const right = Math.min(width, left + tileSide);
  for (let row = 0; row < rows; row += 1) {
    tile.set(samples.subarray(row * width + left, row * width + right), row * tileSide);
  }
  return new Uint8Array(tile.buffer, tile.byteOffset, tile.byteLength);
}
