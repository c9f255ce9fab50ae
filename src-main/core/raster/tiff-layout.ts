import { Think2SegError } from '../../contract/errors.ts';
import type { SampleType } from '../../contract/scene.ts';
import { bytesPerSample } from './samples.ts';
import { tag, type TiffDirectory } from './tiff-directory.ts';

/** TIFF compression schemes by number, with the name GDAL prints. */
export const compressionNames: Readonly<Record<number, string>> = {
  2: 'CCITTRLE',
  3: 'CCITTFAX3',
  4: 'CCITTFAX4',
  5: 'LZW',
  6: 'JPEG (old style)',
  7: 'JPEG',
  8: 'DEFLATE',
  32946: 'DEFLATE',
  32773: 'PACKBITS',
  34887: 'LERC',
  34925: 'LZMA',
  50000: 'ZSTD',
  50001: 'WEBP',
  50002: 'JXL',
};

export const photometric = {
  minIsWhite: 0,
  minIsBlack: 1,
  rgb: 2,
  palette: 3,
  transparencyMask: 4,
  separated: 5,
  yCbCr: 6,
} as const;

/** Uncompressed strips that are larger are read in parts. */
const largestStripBytes = 4 * 1024 * 1024;
const partBytes = 1024 * 1024;

/** Blocks are decoded as a whole: larger ones would take more memory than most computers have to spare. */
const largestBlockBytes = 1024 ** 3;

/** How the samples of one TIFF image lie in its file. */
export interface TiffLayout {
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: number;
  readonly bitsPerSample: number;
  readonly sampleType: SampleType;
  /** IEEE half floats are stored; samples are given as float32. */
  readonly isHalfFloat: boolean;
  readonly compression: number;
  readonly predictor: number;
  readonly photometric: number;
  readonly isPlanar: boolean;
  readonly isTiled: boolean;
  readonly blockWidth: number;
  /** Of the blocks that are read: tiles, strips or parts of large uncompressed strips. */
  readonly blockHeight: number;
  /** Of the tiles or strips in the file. */
  readonly storedBlockHeight: number;
  readonly blocksAcross: number;
  readonly blocksDown: number;
  readonly lercAddedCompression: number;
}

/** Why our own reader leaves a TIFF to GDAL, or null when it reads it; decided from the header alone. */
export async function reasonForGdal(directory: TiffDirectory): Promise<string | null> {
  const compression = await directory.number(tag.compression, 1);
  const color = await directory.number(tag.photometric, photometric.minIsBlack);
  const bits = (await directory.numbers(tag.bitsPerSample)) ?? Float64Array.of(1);
  const formats = (await directory.numbers(tag.sampleFormat)) ?? Float64Array.of(1);
  if ([2, 3, 4, 6].includes(compression)) {
    return `compression ${compressionNames[compression] ?? compression}`;
  }
  if ((await directory.number(tag.fillOrder, 1)) === 2) {
    return 'bits are stored in reversed order';
  }
  if (
    color === photometric.separated ||
    color === 8 ||
    color === 9 ||
    color === 10 ||
    color > 32000 ||
    (color === photometric.yCbCr && compression !== 7)
  ) {
    return `color space ${color} needs conversion`;
  }
  if (bits.some((value) => value !== bits[0]) || formats.some((value) => value !== formats[0])) {
    return 'bands differ in their sample type';
  }
  if (formats[0] === 3 && ![16, 32, 64].includes(bits[0] ?? 0)) {
    return `floats of ${bits[0] ?? 0} bits`;
  }
  return null;
}

/** Name of the pictures that blocks of this layout are, which GDAL decodes for our own reader; null when they are none. */
export function gdalBlocks({ compression }: TiffLayout): string | null {
  return [7, 50001].includes(compression) ? (compressionNames[compression] ?? null) : null;
}

/** The layout of a directory that `reasonForGdal` lets pass. Throws INPUT_CORRUPT or INPUT_UNSUPPORTED. */
export async function readTiffLayout(directory: TiffDirectory): Promise<TiffLayout> {
  const path = directory.file.path;
  const width = await directory.number(tag.imageWidth, 0);
  const height = await directory.number(tag.imageLength, 0);
  const compression = await directory.number(tag.compression, 1);
  if (compression !== 1 && compressionNames[compression] === undefined) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} uses TIFF compression number ${compression}, which no reader here knows; convert it with gdal_translate -co COMPRESS=DEFLATE`,
    );
  }
  const samplesPerPixel = await directory.number(tag.samplesPerPixel, 1);
  const bitsPerSample = await directory.number(tag.bitsPerSample, 1);
  const format = await directory.number(tag.sampleFormat, 1);
  const isTiled = directory.has(tag.tileWidth);
  const blockWidth = isTiled ? await directory.number(tag.tileWidth, 0) : width;
  const rows = isTiled ? await directory.number(tag.tileLength, 0) : await directory.number(tag.rowsPerStrip, height);
  const storedBlockHeight = isTiled ? rows : Math.min(rows, height);
  if (!(
    width > 0 &&
    height > 0 &&
    blockWidth > 0 &&
    storedBlockHeight > 0 &&
    samplesPerPixel > 0 &&
    bitsPerSample > 0
  )) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path} says ${width} x ${height} pixels in blocks of ${blockWidth} x ${storedBlockHeight}; export it again`,
    );
  }
  const sampleType = sampleTypeOf(path, bitsPerSample, format);
  const isPlanar = (await directory.number(tag.planarConfiguration, 1)) === 2 && samplesPerPixel > 1;
  const interleaved = isPlanar ? 1 : samplesPerPixel;
  if (compression === 7 && ![1, 2, 3, 4].includes(interleaved)) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} has JPEG blocks of ${interleaved} bands, which no reader here knows, expected 1 to 4; convert it with gdal_translate -co COMPRESS=DEFLATE`,
    );
  }
  const rowSamples = blockWidth * interleaved;
  const blockHeight =
    compression === 1 && !isTiled
      ? partHeight(storedBlockHeight, height, (rowSamples * bitsPerSample) / 8)
      : storedBlockHeight;
  const decodedBytes = blockHeight * rowSamples * bytesPerSample(sampleType);
  if (decodedBytes > largestBlockBytes) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} is stored in ${isTiled ? 'tiles' : 'strips'} of ${blockWidth} x ${blockHeight} pixels, ${decodedBytes} bytes each, at most ${largestBlockBytes} are read at once; cut it into tiles with gdal_translate -co TILED=YES -co COMPRESS=DEFLATE -co BIGTIFF=IF_SAFER IN OUT.tif`,
    );
  }
  return {
    width,
    height,
    samplesPerPixel,
    bitsPerSample,
    sampleType,
    isHalfFloat: format === 3 && bitsPerSample === 16,
    compression,
    predictor: await directory.number(tag.predictor, 1),
    photometric: await directory.number(tag.photometric, photometric.minIsBlack),
    isPlanar,
    isTiled,
    blockWidth,
    blockHeight,
    storedBlockHeight,
    blocksAcross: Math.ceil(width / blockWidth),
    blocksDown: Math.ceil(height / blockHeight),
    lercAddedCompression: (await directory.numbers(tag.lercParameters))?.[1] ?? 0,
  };
}

/**
 * Rows that are read together of a strip, so that a small window of a large one costs little. Where strips follow one another, parts
 * must divide them.
 */
function partHeight(stripHeight: number, height: number, rowBytes: number): number {
  if (stripHeight * rowBytes <= largestStripBytes) {
    return stripHeight;
  }
  let rows = Math.max(1, Math.floor(partBytes / rowBytes));
  while (stripHeight < height && stripHeight % rows !== 0) {
    rows -= 1;
  }
  return rows;
}

/** Sample formats of TIFF: 1 unsigned, 2 signed, 3 float, 4 undefined (read as unsigned), 5 and 6 complex. */
function sampleTypeOf(path: string, bits: number, format: number): SampleType {
  if (format === 5 || format === 6) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} holds complex numbers, which are no picture; export amplitude or intensity first`,
    );
  }
  if (format === 3) {
    return bits === 64 ? 'float64' : 'float32';
  }
  const size = bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
  if (bits > 32 && bits !== 64) {
    throw new Think2SegError('INPUT_UNSUPPORTED', `${path} has ${bits} bits per sample; export it with 32 or 64`);
  }
  return format === 2 ? `int${size}` : `uint${size}`;
}
