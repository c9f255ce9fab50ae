import lerc from 'lerc';
import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';
import { bytesPerSample, newSamples } from './samples.ts';

type LercImage = ReturnType<typeof lerc.decode>;
type LercBand = LercImage['pixels'][number];

/** Where in a LERC header what stands. */
const versionAt = 6;
/** Of version 4; up to version 2 there is no checksum and up to version 3 no number of dimensions, 4 bytes each. */
const validPixelsAt = 26;

/** The samples of one LERC block of a TIFF, interleaved. Throws an Error that says what is wrong with it. */
export function decodeLercBlock(bytes: Uint8Array, sampleType: SampleType, samples: number): SampleArray {
  const images = lercImages(bytes);
  const bands = images.flatMap(({ pixels, mask }) => pixels.map((values) => ({ values, mask: mask ?? null })));
  const [first] = bands;
  if (first === undefined) {
    throw new Error('a LERC block without bands');
  }
  const { values, mask } = first;
  if (values.BYTES_PER_ELEMENT !== bytesPerSample(sampleType)) {
    throw new Error(`LERC samples of ${values.BYTES_PER_ELEMENT} bytes, expected ${sampleType}`);
  }
  const pixels = images[0]!.width * images[0]!.height;
  if (bands.length > 1) {
    for (const band of bands) {
      markMissing(band.values, band.mask, 1);
    }
    return interleave(
      bands.map((band) => band.values),
      pixels,
      sampleType,
    );
  }
  if (values.length === pixels * (samples - 1) && values instanceof Uint8Array) {
    return withAlphaFromMask(values, mask, pixels, samples);
  }
  markMissing(values, mask, samples);
  return values;
}

/**
 * Bands whose NaN differ lie one after the other, each in a piece with a mask of its own or with that of the piece before it. The
 * decoder gives only the mask of the first of several pieces, so it is shown those together that share one.
 */
function lercImages(bytes: Uint8Array): LercImage[] {
  const pieces = lercPieces(bytes);
  const starts = pieces.filter(({ sharesMask }) => !sharesMask).map(({ start }) => start);
  return starts.map((start, index) =>
    lerc.decode(Uint8Array.from(bytes.subarray(start, starts[index + 1] ?? bytes.length)).buffer, {
      returnPixelInterleavedDims: true,
    }),
  );
}

function lercPieces(bytes: Uint8Array): { start: number; sharesMask: boolean }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: { start: number; sharesMask: boolean }[] = [];
  // The decoder too takes what is shorter than the name of the format for padding.
  for (let start = 0; start < bytes.length - 10;) {
    const version = view.getInt32(start + versionAt, true);
    const valid = start + validPixelsAt - (version < 3 ? 8 : version < 4 ? 4 : 0);
    const pixels =
      view.getUint32(valid - (version < 4 ? 8 : 12), true) * view.getUint32(valid - (version < 4 ? 4 : 8), true);
    const validPixels = view.getUint32(valid, true);
    const length = view.getInt32(valid + 8, true);
    const maskBytes = view.getUint32(valid + 40, true);
    pieces.push({ start, sharesMask: start > 0 && validPixels > 0 && validPixels < pixels && maskBytes === 0 });
    if (length <= 0) {
      throw new Error(`a LERC piece of ${length} bytes`);
    }
    start += length;
  }
  return pieces;
}

/** LERC marks missing floats in a mask of its own; in TIFF they are NaN. */
function markMissing(values: LercBand, mask: Uint8Array | null, samples: number): void {
  if (mask === null || !(values instanceof Float32Array || values instanceof Float64Array)) {
    return;
  }
  for (let pixel = 0; pixel < mask.length; pixel += 1) {
    if (mask[pixel] === 0) {
      values.fill(Number.NaN, pixel * samples, (pixel + 1) * samples);
    }
  }
}

function interleave(bands: readonly LercBand[], pixels: number, sampleType: SampleType): SampleArray {
  const values = newSamples(sampleType, pixels * bands.length);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    throw new Error('LERC samples of 64-bit integers');
  }
  bands.forEach((band, index) => {
    for (let pixel = 0, target = index; pixel < pixels; pixel += 1, target += bands.length) {
      values[target] = band[pixel]!;
    }
  });
  return values;
}

/** An alpha band of only 0 and 255 is stored as the mask of the other bands. */
function withAlphaFromMask(colors: Uint8Array, mask: Uint8Array | null, pixels: number, samples: number): Uint8Array {
  const values = new Uint8Array(pixels * samples);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let band = 0; band < samples - 1; band += 1) {
      values[pixel * samples + band] = colors[pixel * (samples - 1) + band]!;
    }
    values[(pixel + 1) * samples - 1] = mask === null || mask[pixel] === 1 ? 255 : 0;
  }
  return values;
}
