import { Think2SegError } from '../../contract/errors.ts';
import type { BoundingBox, Crs } from '../../contract/geo.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import { placementWarning } from '../crs/placement-warning.ts';
import { gdalRasterInfo, type GdalInfo } from '../gdal/gdal.ts';
import type { RasterReader, RasterSource } from '../ports.ts';
import { blocksOf } from './block-cache.ts';
import { ByteFile } from './byte-file.ts';
import { checkReadable } from './check-readable.ts';
import { gdalLevels } from './gdal-level.ts';
import { failureOfSources, missingCodecOf } from './missing-codec.ts';
import type { PixelLevel } from './pixel-level.ts';
import { Scene } from './scene.ts';
import { resolveSceneCrs } from './scene-crs.ts';
import {
  bandsOf,
  boundsOf,
  georeferenceWarnings,
  paletteOf,
  transformOf,
  validityRuleOf,
} from './scene-description.ts';
import { readTiffDirectories } from './tiff-directory.ts';
import { gdalBlocks, reasonForGdal } from './tiff-layout.ts';
import { refuseFormatWithoutReader } from './foreign-format.ts';
import { collectTiffImages, compressionName, identityOfImages, tiffLevels, type TiffImages } from './tiff-scene.ts';
import { describeTiff } from './tiff-twin.ts';
import { isMarkup, readVrt, type MosaicSharing, type VrtParts } from './vrt-scene.ts';

export const rasterReader: RasterReader = { open: openRaster };

const notTiff = 'not a TIFF';

/**
 * Opens any raster: TIFFs with our own block reader, plain VRTs as mosaics of what this opens, what these leave out and every other
 * format through GDAL. Which of them, and why, is decided from the header, before any pixel is read, and stands in `info.reader`.
 *
 * @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE, INPUT_NOT_RASTER, INPUT_CORRUPT, INPUT_UNSUPPORTED
 */
export async function openRaster(path: string, signal: AbortSignal): Promise<RasterSource> {
  return openScene(path, signal);
}

/** As `openRaster`, with the levels that statistics are made from. */
export async function openScene(path: string, signal: AbortSignal): Promise<Scene> {
  return openPart(path, null, signal);
}

/** @param sharing what it shares with the other files of a mosaic; null for a scene of its own. */
async function openPart(path: string, sharing: MosaicSharing | null, signal: AbortSignal): Promise<Scene> {
  signal.throwIfAborted();
  checkReadable(path);
  const file = await ByteFile.open(path);
  let ownsFile = true;
  try {
    const start = await readStart(file);
    if (!isTiff(start)) {
      refuseFormatWithoutReader(path, start);
      const vrt = isMarkup(start) ? await readVrt(file, sharing, openOfMosaic) : notTiff;
      return typeof vrt === 'string' ? await openWithGdal(path, vrt, false) : await openVrt(path, vrt);
    }
    const directories = await readTiffDirectories(file);
    const reason = directories[0] === undefined ? null : await reasonForGdal(directories[0]);
    signal.throwIfAborted();
    if (reason !== null) {
      return await openWithGdal(path, reason, true);
    }
    ownsFile = false;
    const images = await collectTiffImages(file, directories);
    const sidecarReason = await reasonOfParts(images);
    if (sidecarReason !== null) {
      await images.close();
      return await openWithGdal(path, sidecarReason, true);
    }
    return await openTiff(path, images, sharing);
  } finally {
    if (ownsFile) {
      await file.close();
    }
  }
}

/** Up to 16 bytes as latin1. */
async function readStart(file: ByteFile): Promise<string> {
  if (file.size < 4) {
    throw new Think2SegError('INPUT_NOT_RASTER', `${file.path} has ${file.size} bytes, which is no raster`);
  }
  return (await file.read(0, Math.min(16, file.size))).toString('latin1');
}

function isTiff(start: string): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start.slice(0, 4));
}

/** Overviews and masks may be written in another way than the image they belong to. */
async function reasonOfParts({ overviews, masks }: TiffImages): Promise<string | null> {
  for (const [part, images] of [
    ['an overview', overviews],
    ['the mask', masks],
  ] as const) {
    for (const { directory } of images) {
      const reason = await reasonForGdal(directory);
      if (reason !== null) {
        return `${part} has ${reason}`;
      }
    }
  }
  return null;
}

async function openTiff(path: string, images: TiffImages, sharing: MosaicSharing | null): Promise<Scene> {
  try {
    const { directory, layout } = images.main;
    const description = await describeTiff(directory, layout);
    // Tiles that were never written read as the nodata value of the file.
    const cache = sharing?.cache ?? blocksOf(identityOfImages(images));
    const levels = tiffLevels(images, Number(description.bands[0]?.noDataValue ?? 0), cache);
    const pages =
      images.otherCount === 0 ? [] : [`${images.otherCount} further pages of the file are not used, only the first`];
    const pictures = gdalBlocks(layout);
    return await makeScene(path, description, levels, {
      compression: compressionName(layout),
      overviews: levels.slice(1),
      reader:
        pictures === null ? { name: 'tiff' } : { name: 'tiff+gdal', reason: `GDAL decodes the ${pictures} blocks` },
      warnings: [...images.warnings, ...pages],
      sourcePaths: [],
      close: images.close,
    });
  } catch (thrown) {
    await images.close();
    throw thrown;
  }
}

/** Files of a mosaic are opened for all windows that wait for them, whichever of these is given up. */
function openOfMosaic(path: string, sharing: MosaicSharing): Promise<Scene> {
  return openPart(path, sharing, new AbortController().signal);
}

async function openVrt(path: string, { description, levels, ...facts }: VrtParts): Promise<Scene> {
  try {
    return await makeScene(path, description, levels, { compression: null, reader: { name: 'vrt' }, ...facts });
  } catch (thrown) {
    await facts.close();
    throw thrown;
  }
}

async function openWithGdal(path: string, reason: string, isTiff: boolean): Promise<Scene> {
  const description = await gdalRasterInfo({ path }).catch((thrown: unknown) => {
    const codec = missingCodecOf(thrown);
    if (codec === null || !isTiff) {
      throw failureOfSources(path, thrown);
    }
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} combines ${reason} with ${codec} compression, which no reader here knows; convert it with gdal_translate -co COMPRESS=DEFLATE`,
      { cause: thrown },
    );
  });
  if (description.bands.length === 0) {
    throw new Think2SegError(
      'INPUT_NOT_RASTER',
      `${path} (${description.driverLongName}) has no bands of its own; give one of the rasters inside it`,
    );
  }
  const levels = gdalLevels(path, description);
  return makeScene(path, description, levels, {
    overviews: levels.slice(1),
    compression: description.metadata['IMAGE_STRUCTURE']?.['COMPRESSION'] ?? null,
    reader: { name: 'gdal', reason },
    warnings: [],
    sourcePaths: description.files,
    close: () => Promise.resolve(),
  });
}

function warningOfPlace(crs: Crs | null, bounds: BoundingBox | null): string | null {
  if (crs === null || bounds === null) {
    return null;
  }
  try {
    return placementWarning(crs, bounds);
  } catch (thrown) {
    if (thrown instanceof Think2SegError && thrown.code === 'CRS_UNSUPPORTED') {
      return thrown.message;
    }
    throw thrown;
  }
}

interface ReaderFacts {
  readonly compression: string | null;
  /** Those of the levels that the file has in every program. */
  readonly overviews: readonly PixelLevel[];
  readonly reader: SceneInfo['reader'];
  readonly warnings: readonly string[];
  readonly sourcePaths: readonly string[];
  readonly close: () => Promise<void>;
}

async function makeScene(
  path: string,
  description: GdalInfo,
  levels: readonly PixelLevel[],
  facts: ReaderFacts,
): Promise<Scene> {
  const [width, height] = description.size;
  const bands = bandsOf(path, description);
  const transform = transformOf(description);
  const wkt = description.coordinateSystem?.wkt ?? description.gcps?.coordinateSystem?.wkt;
  const sceneCrs = await resolveSceneCrs(wkt);
  const bounds = transform === null ? null : boundsOf(transform, width, height);
  const info: SceneInfo = {
    schema: 1,
    path,
    width,
    height,
    bands,
    crs: sceneCrs.info,
    transform,
    bounds,
    overviews: facts.overviews.map((level) => Math.max(1, Math.round(width / level.width))),
    compression: facts.compression,
    driver: description.driverShortName,
    reader: facts.reader,
    warnings: [
      ...georeferenceWarnings(description),
      ...[sceneCrs.warning, warningOfPlace(sceneCrs.crs, bounds)].filter((warning) => warning !== null),
      ...facts.warnings,
    ],
  };
  return new Scene({
    info,
    // Pixels that no transform takes to the map must not be written as places in a CRS; `info` still says what the file names.
    crs: transform === null ? null : sceneCrs.crs,
    levels,
    rule: validityRuleOf(description, bands, levels[0]?.hasMask === true),
    palette: paletteOf(description.bands[0]),
    sourcePaths: facts.sourcePaths,
    close: facts.close,
  });
}
