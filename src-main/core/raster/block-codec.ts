import { promisify } from 'node:util';
import { inflate, inflateSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import { Think2SegError } from '../../contract/errors.ts';
import { float16ToFloat32 } from '../inference/float16.ts';
import type { SampleArray } from '../ports.ts';
import { decodeJpegBlock, decodeWebpBlock } from './embedded-image.ts';
import { decodeLercBlock } from './lerc-block.ts';
import { decodeLzw, decodePackBits } from './lzw.ts';
import { undoFloatingPoint, undoHorizontalDifferences } from './predictor.ts';
import { samplesFromBytes } from './samples.ts';
import { separateBands } from './separate-bands.ts';
import { swapBytes, unpackBits } from './sample-packing.ts';
import { photometric, type TiffLayout } from './tiff-layout.ts';
import { decodeXz } from './xz.ts';

const inflateAsync = promisify(inflate);

/** Below this size a round trip to the thread pool costs more than it saves. */
const smallBlockBytes = 32 * 1024;

let zstdReady: Promise<ZSTDDecoder> | null = null;

/** What all blocks of one image share. */
export interface BlockContext {
  readonly path: string;
  readonly layout: TiffLayout;
  readonly littleEndian: boolean;
  readonly jpegTables: Uint8Array | null;
}

/**
 * Decodes one strip or tile to `rows * blockWidth` values of each of its `samples`, one after another (`samples` is 1 in planar files).
 * Throws INPUT_CORRUPT when the block does not hold exactly that, so damage never reads as black.
 */
export async function decodeBlock(
  context: BlockContext,
  bytes: Uint8Array,
  rows: number,
  blockName: string,
): Promise<SampleArray> {
  const { layout } = context;
  const samples = layout.isPlanar ? 1 : layout.samplesPerPixel;
  const expectedValues = rows * layout.blockWidth * samples;
  try {
    const values = await decodeValues(context, bytes, rows, samples);
    if (values.length < expectedValues) {
      throw new Error(`it holds ${values.length} samples, expected ${expectedValues}`);
    }
    return separate(layout, values.length === expectedValues ? values : values.subarray(0, expectedValues), samples);
  } catch (thrown) {
    if (thrown instanceof Think2SegError && thrown.code === 'INPUT_UNSUPPORTED') {
      throw thrown;
    }
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${context.path} is damaged: ${blockName} cannot be decoded (${reason}); copy or download the file again`,
      { cause: thrown },
    );
  }
}

/** The bands of a block, differences summed up. */
function separate(layout: TiffLayout, values: SampleArray, samples: number): SampleArray {
  const bands = holdsDifferences(layout)
    ? undoHorizontalDifferences(values, layout.blockWidth, samples)
    : separateBands(values, samples);
  return layout.isHalfFloat ? float16ToFloat32(bands as Uint16Array) : bands;
}

/** Only these compressions know predictors; elsewhere readers pass over the tag. */
function hasPredictor({ compression }: TiffLayout): boolean {
  return [5, 8, 32946, 34925, 50000].includes(compression);
}

function holdsDifferences(layout: TiffLayout): boolean {
  return layout.predictor === 2 && hasPredictor(layout);
}

/** Values as they are interleaved in the file, horizontal differences not yet summed up, half floats as their bits. */
async function decodeValues(
  context: BlockContext,
  bytes: Uint8Array,
  rows: number,
  samples: number,
): Promise<SampleArray> {
  const { layout, littleEndian } = context;
  const { blockWidth } = layout;
  if (layout.compression === 7) {
    return jpegValues(context, bytes, rows, samples);
  }
  if (layout.compression === 50001) {
    return decodeWebpBlock(bytes, rows * blockWidth, samples);
  }
  if (layout.compression === 34887) {
    return decodeLercBlock(await lercBlob(layout, bytes), layout.sampleType, samples);
  }
  const rowBytes = Math.ceil((blockWidth * samples * layout.bitsPerSample) / 8);
  const raw = await decompress(layout.compression, bytes, rows * rowBytes);
  if (raw.length < rows * rowBytes) {
    throw new Error(`it holds ${raw.length} bytes, expected ${rows * rowBytes}`);
  }
  const exact = raw.subarray(0, rows * rowBytes);
  const { bitsPerSample } = layout;
  const storedType = layout.isHalfFloat ? 'uint16' : layout.sampleType;
  if (layout.predictor === 3 && hasPredictor(layout)) {
    return samplesFromBytes(storedType, undoFloatingPoint(exact, blockWidth, samples, bitsPerSample / 8));
  }
  if (![8, 16, 32, 64].includes(bitsPerSample)) {
    if (holdsDifferences(layout)) {
      throw new Think2SegError(
        'INPUT_UNSUPPORTED',
        `${context.path} has differences of ${bitsPerSample}-bit samples; convert it without a predictor`,
      );
    }
    return unpackBits(exact, bitsPerSample, layout.sampleType, blockWidth * samples, rows);
  }
  const ordered = littleEndian || bitsPerSample === 8 ? exact : swapBytes(exact, bitsPerSample / 8);
  return samplesFromBytes(storedType, ordered);
}

/** Returns bytes that may be changed in place. */
async function decompress(compression: number, bytes: Uint8Array, length: number): Promise<Uint8Array> {
  switch (compression) {
    case 1:
      return bytes;
    case 5:
      return decodeLzw(bytes, length);
    case 8:
    case 32946: {
      // A chunk that is full to the last byte makes zlib ask for another one, and for another turn in the thread pool.
      const options = { chunkSize: length + 64 };
      return length < smallBlockBytes ? inflateSync(bytes, options) : inflateAsync(bytes, options);
    }
    case 32773:
      return decodePackBits(bytes, length);
    case 34925:
      return decodeXz(bytes, length);
    case 50000:
      return (await zstd()).decode(bytes, length);
    default:
      throw new Think2SegError('INPUT_UNSUPPORTED', `TIFF compression number ${compression} has no decoder here`);
  }
}

/** An error code of zstd comes back as a wrong length, which `decodeBlock` refuses. */
function zstd(): Promise<ZSTDDecoder> {
  zstdReady ??= (async () => {
    const decoder = new ZSTDDecoder();
    await decoder.init();
    return decoder;
  })();
  return zstdReady;
}

async function jpegValues(
  { layout, jpegTables }: BlockContext,
  bytes: Uint8Array,
  rows: number,
  samples: number,
): Promise<SampleArray> {
  if (layout.bitsPerSample !== 8) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `JPEG of ${layout.bitsPerSample} bits has no decoder here; convert the file to DEFLATE`,
    );
  }
  const picture = await decodeJpegBlock(bytes, jpegTables, layout.photometric === photometric.yCbCr);
  if (picture.width !== layout.blockWidth || picture.height < rows || picture.components !== samples) {
    throw new Error(
      `a JPEG of ${picture.width} x ${picture.height} x ${picture.components}, expected ${layout.blockWidth} x ${rows} x ${samples}`,
    );
  }
  return picture.samples;
}

async function lercBlob(layout: TiffLayout, bytes: Uint8Array): Promise<Uint8Array> {
  switch (layout.lercAddedCompression) {
    case 0:
      return bytes;
    case 1:
      return inflateAsync(bytes);
    case 2:
      // The size of the LERC blob stands in the zstd frame.
      return (await zstd()).decode(bytes);
    default:
      throw new Think2SegError('INPUT_UNSUPPORTED', `LERC with added compression ${layout.lercAddedCompression}`);
  }
}
