import { Think2SegError } from '../../contract/errors.ts';
import type { ByteFile } from './byte-file.ts';

/** Tags of TIFF 6.0, GeoTIFF 1.1 and GDAL that are read here. */
export const tag = {
  newSubfileType: 254,
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeyDirectory: 34735,
  geoDoubleParams: 34736,
  geoAsciiParams: 34737,
  gdalMetadata: 42112,
  gdalNodata: 42113,
  rpcCoefficient: 50844,
  lercParameters: 50674,
} as const;

/** Bytes of one value of each TIFF field type. */
const bytesOfType: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

interface TagEntry {
  readonly type: number;
  readonly count: number;
  /** Where the values are in the file. */
  readonly offset: number;
}

export interface TiffFormat {
  readonly littleEndian: boolean;
  readonly bigTiff: boolean;
}

/** One image file directory: its tags, with values read on demand (block tables of big files are long). */
export class TiffDirectory {
  readonly file: ByteFile;
  readonly format: TiffFormat;
  readonly #entries: ReadonlyMap<number, TagEntry>;

  constructor(file: ByteFile, format: TiffFormat, entries: ReadonlyMap<number, TagEntry>) {
    this.file = file;
    this.format = format;
    this.#entries = entries;
  }

  has(tagNumber: number): boolean {
    return this.#entries.has(tagNumber);
  }

  typeOf(tagNumber: number): number | null {
    return this.#entries.get(tagNumber)?.type ?? null;
  }

  /** The bytes of the tag's values as they stand in the file; null when the tag is absent. */
  async bytes(tagNumber: number): Promise<Buffer | null> {
    const entry = this.#entries.get(tagNumber);
    if (entry === undefined) {
      return null;
    }
    return this.file.read(entry.offset, entry.count * (bytesOfType[entry.type] ?? 0));
  }

  /** Numeric values of the tag, rationals as quotients; null when the tag is absent. */
  async numbers(tagNumber: number): Promise<Float64Array | null> {
    const entry = this.#entries.get(tagNumber);
    const bytes = await this.bytes(tagNumber);
    if (entry === undefined || bytes === null) {
      return null;
    }
    return decodeNumbers(bytes, entry.type, entry.count, this.format.littleEndian);
  }

  async number(tagNumber: number, absent: number): Promise<number> {
    return (await this.numbers(tagNumber))?.[0] ?? absent;
  }
}

/** The chain of directories of a TIFF; throws INPUT_NOT_RASTER when the file is not one. */
export async function readTiffDirectories(file: ByteFile): Promise<TiffDirectory[]> {
  const format = await readFormat(file);
  const header = await file.read(0, format.bigTiff ? 16 : 8);
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  let offset = readOffset(header, format.bigTiff ? 8 : 4, format);
  while (offset !== 0) {
    if (seen.has(offset)) {
      throw new Think2SegError('INPUT_CORRUPT', `${file.path} has image directories in a circle; export it again`);
    }
    seen.add(offset);
    const { directory, next } = await readDirectory(file, format, offset);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) {
    throw new Think2SegError('INPUT_CORRUPT', `${file.path} is a TIFF without any image; export it again`);
  }
  return directories;
}

async function readFormat(file: ByteFile): Promise<TiffFormat> {
  const start = file.size < 8 ? Buffer.alloc(0) : await file.read(0, 8);
  const order = start.toString('latin1', 0, 2);
  if (order === 'II' || order === 'MM') {
    const littleEndian = order === 'II';
    const magic = littleEndian ? start.readUInt16LE(2) : start.readUInt16BE(2);
    if (magic === 42 || magic === 43) {
      return { littleEndian, bigTiff: magic === 43 };
    }
  }
  throw new Think2SegError(
    'INPUT_NOT_RASTER',
    `${file.path} is not a TIFF: it starts with ${JSON.stringify(start.toString('latin1', 0, 4))}; give a raster file`,
  );
}

async function readDirectory(
  file: ByteFile,
  format: TiffFormat,
  offset: number,
): Promise<{ directory: TiffDirectory; next: number }> {
  const { bigTiff, littleEndian } = format;
  const countBytes = bigTiff ? 8 : 2;
  const entryBytes = bigTiff ? 20 : 12;
  const offsetBytes = bigTiff ? 8 : 4;
  const countField = await file.read(offset, countBytes);
  const count = bigTiff ? readOffset(countField, 0, format) : read16(countField, 0, littleEndian);
  if (count > 4096) {
    throw new Think2SegError('INPUT_CORRUPT', `${file.path} has a directory of ${count} tags; export it again`);
  }
  const tableStart = offset + countBytes;
  const table = await file.read(tableStart, count * entryBytes + offsetBytes);
  const entries = new Map<number, TagEntry>();
  for (let index = 0; index < count; index += 1) {
    const at = index * entryBytes;
    const type = read16(table, at + 2, littleEndian);
    const valueCount = bigTiff ? readOffset(table, at + 4, format) : read32(table, at + 4, littleEndian);
    const valueAt = at + (bigTiff ? 12 : 8);
    const isInline = valueCount * (bytesOfType[type] ?? 0) <= offsetBytes;
    entries.set(read16(table, at, littleEndian), {
      type,
      count: valueCount,
      offset: isInline ? tableStart + valueAt : readOffset(table, valueAt, format),
    });
  }
  return {
    directory: new TiffDirectory(file, format, entries),
    next: readOffset(table, count * entryBytes, format),
  };
}

function read16(bytes: Buffer, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

function read32(bytes: Buffer, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function readOffset(bytes: Buffer, at: number, { littleEndian, bigTiff }: TiffFormat): number {
  if (!bigTiff) {
    return read32(bytes, at, littleEndian);
  }
  return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}

function decodeNumbers(bytes: Buffer, type: number, count: number, littleEndian: boolean): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytesOfType[type] ?? 0;
  const values = new Float64Array(size === 0 ? 0 : count);
  for (let index = 0; index < values.length; index += 1) {
    values[index] = decodeNumber(view, index * size, type, littleEndian);
  }
  return values;
}

function decodeNumber(view: DataView, at: number, type: number, littleEndian: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, littleEndian);
    case 4:
    case 13:
      return view.getUint32(at, littleEndian);
    case 5:
      return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, littleEndian);
    case 9:
      return view.getInt32(at, littleEndian);
    case 10:
      return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
    case 11:
      return view.getFloat32(at, littleEndian);
    case 12:
      return view.getFloat64(at, littleEndian);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, littleEndian));
    case 17:
      return Number(view.getBigInt64(at, littleEndian));
    default:
      return view.getUint8(at);
  }
}
