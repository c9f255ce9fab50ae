import type { Geotransform } from '../../contract/geo.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import { ByteFile } from './byte-file.ts';
import { readTiffDirectories, tag, type TiffDirectory } from './tiff-directory.ts';
import { compressionNames, photometric, type TiffLayout } from './tiff-layout.ts';
import { collectTiffImages, type TiffImages } from './tiff-scene.ts';

/** A map that must draw the whole scene reads no more than this many pixels; what has more needs overviews. */
const wholeSceneMaxPixels = 2048 * 2048;

const compressionsOfMap = new Set([1, 5, 7, 8, 32946, 32773]);
const rasterTypeKey = 1025;
const pixelIsPoint = 2;

/**
 * Why the map cannot draw the file itself through range requests, with geotiff.js and its GeoTIFF source; null when it can. What
 * geotiff.js would draw wrong without a word (big-endian strips, 12-bit samples, half a pixel aside) is among the reasons.
 *
 * @param info of the scene, as our own reader tells it.
 */
export async function whyNotDrawable(info: SceneInfo, isPalette: boolean): Promise<string | null> {
  if (info.reader.name === 'gdal') {
    return `the map cannot read this file: ${info.reader.reason ?? info.driver}`;
  }
  if (info.reader.name === 'vrt') {
    return 'the map cannot read this file: not a TIFF';
  }
  if (isPalette) {
    return 'its colours stand in a palette';
  }
  const file = await ByteFile.open(info.path);
  const images = await collectTiffImages(file, await readTiffDirectories(file)).catch(async (thrown: unknown) => {
    await file.close();
    throw thrown;
  });
  try {
    return (
      whyNotReadable(images.main.directory, images.main.layout) ??
      whyTooLarge(images) ??
      whyOddParts(images, info) ??
      (await whyMisplaced(images.main.directory, info.transform))
    );
  } finally {
    await images.close();
  }
}

function whyNotReadable(directory: TiffDirectory, layout: TiffLayout): string | null {
  const { compression, bitsPerSample, sampleType, isHalfFloat, samplesPerPixel } = layout;
  if (!directory.format.littleEndian) {
    return 'its numbers are big-endian';
  }
  if (!compressionsOfMap.has(compression)) {
    return `compression ${compressionNames[compression] ?? compression}`;
  }
  const isPlainJpeg = bitsPerSample === 8 && [1, 3].includes(samplesPerPixel) && !layout.isPlanar;
  if (compression === 7 && !isPlainJpeg) {
    return `JPEG with ${samplesPerPixel} bands of ${bitsPerSample} bits`;
  }
  if (isHalfFloat || ![8, 16, 32].includes(bitsPerSample)) {
    return `samples of ${bitsPerSample} bits (${sampleType})`;
  }
  const { minIsWhite, minIsBlack, rgb, yCbCr } = photometric;
  return ([minIsWhite, minIsBlack, rgb, yCbCr] as number[]).includes(layout.photometric)
    ? null
    : `color space ${layout.photometric}`;
}

function whyTooLarge({ main, overviews }: TiffImages): string | null {
  const inside = overviews.filter(({ directory }) => directory.file === main.directory.file);
  const coarsest = inside.at(-1)?.layout ?? main.layout;
  if (coarsest.width * coarsest.height <= wholeSceneMaxPixels) {
    return null;
  }
  const size = `${main.layout.width} x ${main.layout.height} pixels`;
  return inside.length === 0 ? `${size} without overviews` : `${size} with too few overviews`;
}

function whyOddParts({ main, overviews, masks, otherCount }: TiffImages, info: SceneInfo): string | null {
  if (otherCount > 0) {
    return 'the file has further pages';
  }
  const { file } = main.directory;
  const levels = 1 + overviews.filter((image) => image.directory.file === file).length;
  const inside = masks.filter(({ directory }) => directory.file === file).length;
  if (masks.length > inside || (inside > 0 && inside !== levels)) {
    return 'its mask is not inside the file at every level';
  }
  return info.bands.length === main.layout.samplesPerPixel ? null : 'its bands are described outside of the file';
}

/** Where the map would put the file, from its own tags, and where it is. */
async function whyMisplaced(directory: TiffDirectory, transform: Geotransform | null): Promise<string | null> {
  const hasPlace = directory.has(tag.modelTransformation) || directory.has(tag.modelPixelScale);
  if (transform === null) {
    return 'it has no georeference';
  }
  if (!hasPlace) {
    return 'its georeference stands in another file';
  }
  const keys = (await directory.numbers(tag.geoKeyDirectory)) ?? new Float64Array();
  for (let at = 4; at + 3 < keys.length; at += 4) {
    if (keys[at] === rasterTypeKey && keys[at + 3] === pixelIsPoint) {
      return 'its georeference names the middle of pixels';
    }
  }
  return (await tagsAgree(directory, transform)) ? null : 'its georeference is changed by another file';
}

async function tagsAgree(directory: TiffDirectory, [a, b, c, d, e, f]: Geotransform): Promise<boolean> {
  const matrix = await directory.numbers(tag.modelTransformation);
  const scale = await directory.numbers(tag.modelPixelScale);
  const tie = await directory.numbers(tag.modelTiepoint);
  const own =
    matrix !== null
      ? [matrix[0]!, matrix[1]!, matrix[3]!, matrix[4]!, matrix[5]!, matrix[7]!]
      : scale !== null && tie !== null
        ? [scale[0]!, 0, tie[3]! - tie[0]! * scale[0]!, 0, -scale[1]!, tie[4]! + tie[1]! * scale[1]!]
        : [];
  const pixel = Math.hypot(a, d);
  // A hundredth of a pixel across the largest raster is more than any rounding.
  const tolerances = [1e-7, 1e-7, 1e-2, 1e-7, 1e-7, 1e-2].map((share) => share * pixel);
  return [a, b, c, d, e, f].every((value, index) => Math.abs(value - (own[index] ?? Infinity)) <= tolerances[index]!);
}
