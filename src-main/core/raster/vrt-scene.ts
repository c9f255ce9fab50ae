import { realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';
import { isPresent } from '../files/is-present.ts';
import type { GdalInfo } from '../gdal/gdal.ts';
import { blocksOf, type BlockCache } from './block-cache.ts';
import type { ByteFile } from './byte-file.ts';
import { OpenSources } from './open-sources.ts';
import type { PixelLevel } from './pixel-level.ts';
import type { Scene } from './scene.ts';
import { reasonForGdal } from './tiff-layout.ts';
import { collectOverviewsBeside, overviewLevels, type OverviewsBeside } from './tiff-scene.ts';
import { describeTwin } from './tiff-twin.ts';
import { VrtLevel, type UseSource } from './vrt-level.ts';
import { readVrtMosaic, type MosaicSource, type VrtMosaic } from './vrt-mosaic.ts';

/** A VRT of this size names a million files. */
const largestVrtBytes = 2 ** 28;

/** Within so many bytes GDAL looks for what makes a file a VRT. */
const vrtStartBytes = 1024;

/** As GDAL does, a mosaic of one file gets no overviews that are smaller than this. */
const leastOverviewSide = 128;

/** What all files of a mosaic, and the files of mosaics among them, share. */
export interface MosaicSharing {
  readonly cache: BlockCache;
  readonly sources: OpenSources;
  /** Real paths of the VRTs that are put together, the outermost first. */
  readonly vrtPaths: readonly string[];
}

export interface VrtParts {
  readonly description: GdalInfo;
  readonly levels: readonly PixelLevel[];
  /** Those of the levels that the VRT has in GDAL too; others are there because its files have them. */
  readonly overviews: readonly PixelLevel[];
  readonly warnings: readonly string[];
  /** Those of the files that it lays out. */
  readonly sourcePaths: readonly string[];
  readonly close: () => Promise<void>;
}

type OpenSource = (path: string, sharing: MosaicSharing) => Promise<Scene>;

/** Whether a file is XML, as VRTs are, by how it starts (latin1). */
export function isMarkup(start: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*</.test(start);
}

/** The parts of the scene that a VRT is, or why our own reader leaves it to GDAL. */
export async function readVrt(
  file: ByteFile,
  outer: MosaicSharing | null,
  openSource: OpenSource,
): Promise<VrtParts | string> {
  const mosaic = await readMosaic(file);
  if (typeof mosaic === 'string') {
    return mosaic;
  }
  const { path } = file;
  const beside = await collectOverviewsBeside(path, {
    width: mosaic.width,
    samplesPerPixel: mosaic.bands.length,
    sampleType: mosaic.bands[0]!.type,
  });
  const sharing: MosaicSharing = {
    cache: outer?.cache ?? blocksOf(file.identity),
    sources: outer?.sources ?? new OpenSources(),
    vrtPaths: [...(outer?.vrtPaths ?? []), realpathSync(path)],
  };
  const close = async (): Promise<void> => {
    await Promise.all([beside.close(), ...(outer === null ? [sharing.sources.close()] : [])]);
  };
  try {
    const reason = await reasonOfOverviews(beside);
    if (reason !== null) {
      await close();
      return reason;
    }
    const useSource: UseSource = (source, work) =>
      sharing.sources.use(
        [...sharing.vrtPaths, source.path].join('\n'),
        () => openNamed(path, source.path, sharing, openSource),
        work,
      );
    return {
      ...(await levelsOf(mosaic, beside, sharing.cache, useSource)),
      description: await describe(path, mosaic),
      warnings: beside.warnings,
      sourcePaths: sourcePathsOf(mosaic),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function sourcePathsOf({ bands, mask }: VrtMosaic): string[] {
  const sources = [...bands, ...(mask === null ? [] : [mask])].flatMap((band) => band.sources);
  return [...new Set(sources.filter(({ constant }) => constant === null).map(({ path }) => path))];
}

async function readMosaic(file: ByteFile): Promise<VrtMosaic | string> {
  const start = await file.read(0, Math.min(vrtStartBytes, file.size));
  if (!start.includes('<VRTDataset')) {
    return 'not a TIFF';
  }
  if (file.size > largestVrtBytes) {
    return `a VRT of ${file.size} bytes`;
  }
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.read(0, file.size));
  } catch (thrown) {
    if (thrown instanceof TypeError) {
      return 'not a TIFF';
    }
    throw thrown;
  }
  const mosaic = readVrtMosaic(text, file.path);
  return typeof mosaic !== 'string' && isPresent(`${file.path}.msk`) ? 'a VRT with a mask beside it' : mosaic;
}

async function reasonOfOverviews({ overviews, masks }: OverviewsBeside): Promise<string | null> {
  for (const { directory } of [...overviews, ...masks]) {
    const reason = await reasonForGdal(directory);
    if (reason !== null) {
      return `an overview has ${reason}`;
    }
  }
  return null;
}

/** What the VRT says of itself, as GDAL understands it: with none of its sources, which GDAL may not be able to read. */
async function describe(path: string, mosaic: VrtMosaic): Promise<GdalInfo> {
  const beside = `${path}.aux.xml`;
  const sidecars = isPresent(beside) ? [{ suffix: '.aux.xml', bytes: await readFile(beside) }] : [];
  const info = await describeTwin(Buffer.from(mosaic.withoutSources), '.vrt', sidecars);
  return {
    ...info,
    bands: info.bands.map((band, index) => {
      // gdalinfo rounds nodata values to eight digits.
      const exact = mosaic.bands[index]?.background ?? 0;
      const isSame = Math.abs(Number(band.noDataValue ?? 'nan') - exact) <= 1e-6 * Math.abs(exact);
      return isSame ? { ...band, noDataValue: exact } : band;
    }),
  };
}

async function levelsOf(
  mosaic: VrtMosaic,
  beside: OverviewsBeside,
  cache: BlockCache,
  useSource: UseSource,
): Promise<Pick<VrtParts, 'levels' | 'overviews'>> {
  const levelOf = (width: number, height: number): VrtLevel => new VrtLevel(mosaic, { width, height }, useSource);
  const full = levelOf(mosaic.width, mosaic.height);
  const declared = mosaic.overviewFactors
    .map((factor) => levelOf(Math.ceil(mosaic.width / factor), Math.ceil(mosaic.height / factor)))
    .sort((left, right) => right.width - left.width);
  const stored = overviewLevels(beside, mosaic.bands[0]!.background, cache).filter(
    (level) => level.hasMask === full.hasMask,
  );
  const own = declared.length > 0 ? declared : stored;
  if (own.length > 0) {
    return { levels: [full, ...own], overviews: own };
  }
  const layouts = [...mosaic.bands, ...(mosaic.mask === null ? [] : [mosaic.mask])];
  if (layouts.every(({ sources }) => sources.length === 1 && sources[0]!.constant === null)) {
    const ofFiles = await overviewsOfFiles(
      mosaic,
      layouts.map(({ sources }) => sources[0]!),
      levelOf,
      useSource,
    );
    const listed = ofFiles.filter(({ width, height }) => width >= leastOverviewSide && height >= leastOverviewSide);
    return { levels: [full, ...listed], overviews: listed };
  }
  const first = mosaic.bands[0]!.sources.filter(({ constant }) => constant === null).slice(0, 1);
  // What is wrong with one of many files is said when a window needs it.
  const ofFirst = await overviewsOfFiles(mosaic, first, levelOf, useSource).catch(() => []);
  return { levels: [full, ...ofFirst], overviews: [] };
}

/**
 * Levels for the overviews that all these sources have, in the sizes of the first one. Other sources give their own nearest, whatever
 * they have: a mosaic is seldom of files that differ there.
 */
async function overviewsOfFiles(
  mosaic: VrtMosaic,
  sources: readonly MosaicSource[],
  levelOf: (width: number, height: number) => VrtLevel,
  useSource: UseSource,
): Promise<VrtLevel[]> {
  let found: VrtLevel[] | null = null;
  for (const source of sources) {
    const ofSource = await useSource(source, ({ info, levels }) =>
      Promise.resolve(
        levels
          .slice(1)
          .map(({ width, height }) =>
            levelOf(
              Math.round((mosaic.width * width) / info.width),
              Math.round((mosaic.height * height) / info.height),
            ),
          ),
      ),
    );
    found = (found ?? ofSource).slice(0, ofSource.length);
  }
  return (found ?? []).filter(({ width, height }) => width > 0 && height > 0);
}

/** A source of the VRT at `vrtPath`. What is wrong with it is said of both: the user gave the one and has to look after the other. */
async function openNamed(
  vrtPath: string,
  path: string,
  sharing: MosaicSharing,
  openSource: OpenSource,
): Promise<Scene> {
  try {
    if (isPresent(path) && sharing.vrtPaths.includes(realpathSync(path))) {
      throw new Think2SegError('INPUT_CORRUPT', `${path} is put together from itself; make it anew`);
    }
    if (isPresent(path) && !statSync(path).isFile()) {
      throw new Think2SegError('INPUT_CORRUPT', `${path} is no file; make the mosaic anew`);
    }
    return await openSource(path, sharing);
  } catch (thrown) {
    if (!(thrown instanceof Think2SegError)) {
      throw thrown;
    }
    throw new Think2SegError(
      thrown.code === 'INPUT_UNSUPPORTED' ? thrown.code : 'INPUT_CORRUPT',
      `${vrtPath} is put together from a file that cannot be read: ${thrown.message}`,
      { cause: thrown },
    );
  }
}
