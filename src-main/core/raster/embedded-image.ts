import { Think2SegError } from '../../contract/errors.ts';
import { gdalReadRaw } from '../gdal/gdal.ts';

/**
 * Blocks of a TIFF that are JPEG or WebP pictures of their own. GDAL decodes them with the libraries everyone else
 * uses, so samples equal those of other GIS programs to the bit; JavaScript decoders round differently.
 */
export async function decodeJpegBlock(
  block: Uint8Array,
  tables: Uint8Array | null,
  isYCbCr: boolean,
): Promise<{ samples: Uint8Array; width: number; height: number; components: number }> {
  const frame = readJpegFrame(block);
  const picture = completeJpeg(frame.components === 2 ? withEmptyThird(block) : block, tables, isYCbCr);
  const samples = await gdalReadRaw({ bytes: picture, extension: '.jpg' }, [], {
    drivers: ['JPEG'],
    interleave: 'BIP',
    // Four components are samples of their own, not ink.
    ...(frame.components === 4 ? { setting: ['GDAL_JPEG_TO_RGB', 'NO'] } : {}),
  });
  return { samples: frame.components === 2 ? samples.filter((_, index) => index % 3 !== 2) : samples, ...frame };
}

/** RGB or RGBA of one WebP block; an opaque block of an RGBA image may come without its alpha. */
export async function decodeWebpBlock(block: Uint8Array, pixels: number, bands: number): Promise<Uint8Array> {
  const samples = await gdalReadRaw({ bytes: block, extension: '.webp' }, [], {
    drivers: ['WEBP'],
    interleave: 'BIP',
  });
  const given = samples.length / pixels;
  if (given === bands) {
    return samples;
  }
  if (given !== 3 && given !== 4) {
    throw new Think2SegError('INPUT_CORRUPT', `a WebP block holds ${given} samples per pixel, expected ${bands}`);
  }
  const output = new Uint8Array(pixels * bands).fill(255);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let band = 0; band < Math.min(bands, given); band += 1) {
      output[pixel * bands + band] = samples[pixel * given + band]!;
    }
  }
  return output;
}

/**
 * A block in TIFF leaves out the tables it shares with the others, and its photometric tag, not its markers, says
 * whether colours are YCbCr: the tables are put back and an Adobe marker states the colours.
 */
function completeJpeg(block: Uint8Array, tables: Uint8Array | null, isYCbCr: boolean): Uint8Array {
  const adobe = Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, isYCbCr ? 1 : 0);
  const body = withoutColourMarkers(block.subarray(2));
  const isThreeBands = readJpegFrame(block).components === 3;
  return Buffer.concat([
    Uint8Array.of(0xff, 0xd8),
    isThreeBands ? adobe : new Uint8Array(0),
    tables === null ? new Uint8Array(0) : tables.subarray(2, tables.length - 2),
    body,
  ]);
}

/** GDAL opens pictures of 1, 3 or 4 components. One that no scan has coefficients for is grey, and the others are read as they are. */
function withEmptyThird(block: Uint8Array): Uint8Array {
  const at = frameStart(block);
  // Marker, length, bits, height, width, count, then three bytes of each component: number, sampling, table.
  const end = at + 10 + 2 * 3;
  const numbers = [block[at + 10], block[at + 13]];
  const unused = [1, 2, 3].find((number) => !numbers.includes(number))!;
  const frame = Uint8Array.from([...block.subarray(at, end), unused, 0x11, 0]);
  frame[3] = frame[3]! + 3;
  frame[9] = 3;
  return Buffer.concat([block.subarray(0, at), frame, block.subarray(end)]);
}

/** Drops JFIF (APP0) and Adobe (APP14) segments before the scan. */
function withoutColourMarkers(body: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= body.length && body[at] === 0xff && body[at + 1] !== 0xda) {
    const end = at + 2 + (body[at + 2]! << 8) + body[at + 3]!;
    if (body[at + 1] !== 0xe0 && body[at + 1] !== 0xee) {
      kept.push(body.subarray(at, end));
    }
    at = end;
  }
  return Buffer.concat([...kept, body.subarray(at)]);
}

function readJpegFrame(picture: Uint8Array): { width: number; height: number; components: number } {
  const at = frameStart(picture);
  return {
    height: (picture[at + 5]! << 8) | picture[at + 6]!,
    width: (picture[at + 7]! << 8) | picture[at + 8]!,
    components: picture[at + 9]!,
  };
}

/** Where the marker of the frame header stands. */
function frameStart(picture: Uint8Array): number {
  let at = 2;
  while (at + 9 < picture.length && picture[at] === 0xff) {
    const marker = picture[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return at;
    }
    at += 2 + ((picture[at + 2]! << 8) | picture[at + 3]!);
  }
  throw new Think2SegError('INPUT_CORRUPT', 'a JPEG block has no frame header; export the file again');
}
