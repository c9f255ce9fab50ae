import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isPresent } from '../files/is-present.ts';
import { gdalRasterInfo, type GdalInfo } from '../gdal/gdal.ts';
import { keepNewest } from '../keep-newest.ts';
import { swapBytes } from './sample-packing.ts';
import { tag, type TiffDirectory } from './tiff-directory.ts';
import { photometric, type TiffLayout } from './tiff-layout.ts';

/** Field types of TIFF as they are written here. */
const fieldType = { short: 3, long: 4 } as const;

/** Tags that say what the file means, copied as they are. */
const meaningTags = [
  tag.colorMap,
  tag.extraSamples,
  tag.modelPixelScale,
  tag.modelTiepoint,
  tag.modelTransformation,
  tag.geoKeyDirectory,
  tag.geoDoubleParams,
  tag.geoAsciiParams,
  tag.gdalMetadata,
  tag.gdalNodata,
  tag.rpcCoefficient,
];

interface Sidecar {
  readonly suffix: string;
  readonly bytes: Uint8Array;
}

const keptDescriptions = 64;
/** What GDAL said of a twin, by everything that it was shown; oldest use first. */
const descriptions = new Map<string, GdalInfo>();

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * What GDAL says of a TIFF, also of one whose compression this GDAL build cannot read (JPEG, WebP, ZSTD, LERC, LZMA):
 * it is asked about an uncompressed twin in memory with the same size, meaning tags and sidecars and no pixels. So CRS,
 * georeference, pixel-is-point, control points, nodata and colours mean exactly what they mean to every GDAL program.
 */
export async function describeTiff(directory: TiffDirectory, layout: TiffLayout): Promise<GdalInfo> {
  const path = directory.file.path;
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  const sidecar = async (suffix: string): Promise<Sidecar[]> => {
    const beside = suffix === '.aux.xml' ? `${path}${suffix}` : `${stem}${suffix}`;
    return isPresent(beside) ? [{ suffix, bytes: await readFile(beside) }] : [];
  };
  const sidecars = (await Promise.all(sidecarSuffixes(extension).map(sidecar))).flat();
  const bytes = await makeTwin(directory, layout);
  const info = await describeTwin(bytes, extension === '' ? '.tif' : extension, sidecars);
  return withExactNodata(info, directory, layout);
}

/**
 * Files beside a TIFF that GDAL reads: `.aux.xml` after the full name; instead of the extension those of world files (of `.geotiff`
 * `.gfw` or `.geotiffw`) and MapInfo tables, in small or capital letters.
 */
function sidecarSuffixes(extension: string): string[] {
  const letters = extension.slice(1);
  const world = letters.length < 2 ? [] : [`${letters[0]}${letters.at(-1)}w`, `${letters}w`];
  const endings = [...world, 'wld', 'tab'].flatMap((ending) => [ending.toLowerCase(), ending.toUpperCase()]);
  return ['.aux.xml', ...endings.map((ending) => `.${ending}`)];
}

/** The second question on a scene need not ask GDAL again: the answer follows from the bytes of the twin and its sidecars alone. */
export async function describeTwin(
  bytes: Uint8Array,
  extension: string,
  sidecars: readonly Sidecar[],
): Promise<GdalInfo> {
  const hash = createHash('sha256');
  for (const part of [extension, bytes, ...sidecars.flatMap((sidecar) => [sidecar.suffix, sidecar.bytes])]) {
    hash.update(`${part.length} `).update(part);
  }
  const key = hash.digest('base64');
  const info = descriptions.get(key) ?? (await gdalRasterInfo({ bytes, extension, sidecars }));
  keepNewest(descriptions, key, info, keptDescriptions);
  return info;
}

/** gdalinfo rounds nodata values to eight digits: where the tag says the same with more, the tag is right. */
async function withExactNodata(info: GdalInfo, directory: TiffDirectory, layout: TiffLayout): Promise<GdalInfo> {
  const text = await directory.bytes(tag.gdalNodata);
  const written = Number(text?.toString('latin1').replace(/\0.*$/s, '') ?? 'nan');
  const exact = layout.sampleType === 'float32' ? Math.fround(written) : written;
  return {
    ...info,
    bands: info.bands.map((band) => {
      const rounded = Number(band.noDataValue ?? 'nan');
      const isSame = Math.abs(rounded - exact) <= 1e-6 * Math.abs(exact);
      return isSame ? { ...band, noDataValue: exact } : band;
    }),
  };
}

async function makeTwin(directory: TiffDirectory, layout: TiffLayout): Promise<Uint8Array> {
  const { samplesPerPixel, bitsPerSample } = layout;
  const rowBytes = Math.ceil((layout.width * samplesPerPixel * bitsPerSample) / 8);
  const rowsPerStrip = Math.max(1, Math.min(layout.height, Math.floor(2 ** 26 / rowBytes)));
  // Offsets of zero mean that nothing was written yet.
  const noStrips = new Array<number>(Math.ceil(layout.height / rowsPerStrip)).fill(0);
  const format = (await directory.number(tag.sampleFormat, 1)) || 1;
  const color = layout.photometric === photometric.yCbCr ? photometric.rgb : layout.photometric;
  const fields: Field[] = [
    numbersField(tag.imageWidth, fieldType.long, [layout.width]),
    numbersField(tag.imageLength, fieldType.long, [layout.height]),
    numbersField(tag.bitsPerSample, fieldType.short, new Array<number>(samplesPerPixel).fill(bitsPerSample)),
    numbersField(tag.compression, fieldType.short, [1]),
    numbersField(tag.photometric, fieldType.short, [color]),
    numbersField(tag.stripOffsets, fieldType.long, noStrips),
    numbersField(tag.samplesPerPixel, fieldType.short, [samplesPerPixel]),
    numbersField(tag.rowsPerStrip, fieldType.long, [rowsPerStrip]),
    numbersField(tag.stripByteCounts, fieldType.long, noStrips),
    numbersField(tag.planarConfiguration, fieldType.short, [1]),
    numbersField(tag.sampleFormat, fieldType.short, new Array<number>(samplesPerPixel).fill(format)),
  ];
  for (const tagNumber of meaningTags) {
    const field = await copiedField(directory, tagNumber);
    if (field !== null) {
      fields.push(field);
    }
  }
  return writeTiff(fields.sort((left, right) => left.tag - right.tag));
}

function numbersField(tagNumber: number, type: 3 | 4, values: readonly number[]): Field {
  const size = type === fieldType.short ? 2 : 4;
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, index) => bytes.writeUIntLE(value, index * size, size));
  return { tag: tagNumber, type, count: values.length, bytes };
}

/** The field in little-endian order, as the twin is written. */
async function copiedField(directory: TiffDirectory, tagNumber: number): Promise<Field | null> {
  const bytes = await directory.bytes(tagNumber);
  const type = directory.typeOf(tagNumber);
  if (bytes === null || type === null) {
    return null;
  }
  const size = type === 12 ? 8 : type === 3 ? 2 : type === 4 ? 4 : 1;
  const isSwapped = !directory.format.littleEndian && size > 1;
  return { tag: tagNumber, type, count: bytes.length / size, bytes: isSwapped ? swapBytes(bytes, size) : bytes };
}

function writeTiff(fields: readonly Field[]): Uint8Array {
  const tableEnd = 8 + 2 + fields.length * 12 + 4;
  const table = Buffer.alloc(tableEnd);
  table.write('II', 0, 'latin1');
  table.writeUInt16LE(42, 2);
  table.writeUInt32LE(8, 4);
  table.writeUInt16LE(fields.length, 8);
  const values: Uint8Array[] = [];
  let end = tableEnd;
  fields.forEach((field, index) => {
    const at = 10 + index * 12;
    table.writeUInt16LE(field.tag, at);
    table.writeUInt16LE(field.type, at + 2);
    table.writeUInt32LE(field.count, at + 4);
    if (field.bytes.length <= 4) {
      table.set(field.bytes, at + 8);
    } else {
      table.writeUInt32LE(end, at + 8);
      const padding = field.bytes.length % 2;
      values.push(field.bytes, new Uint8Array(padding));
      end += field.bytes.length + padding;
    }
  });
  return Buffer.concat([table, ...values]);
}
