import { Think2SegError } from '../../contract/errors.ts';
import { isPresent } from '../files/is-present.ts';
import type { BlockCache } from './block-cache.ts';
import { ByteFile } from './byte-file.ts';
import { readTiffDirectories, tag, type TiffDirectory } from './tiff-directory.ts';
import { compressionNames, photometric, readTiffLayout, type TiffLayout } from './tiff-layout.ts';
import { TiffLevel } from './tiff-level.ts';

/** Bits of NewSubfileType. */
const reducedImage = 1;
const page = 2;
const maskImage = 4;

interface TiffImage {
  readonly directory: TiffDirectory;
  readonly layout: TiffLayout;
  readonly subfileType: number;
}

/** The images of a TIFF and its sidecars by their part in the scene. */
export interface TiffImages {
  readonly main: TiffImage;
  readonly overviews: readonly TiffImage[];
  readonly masks: readonly TiffImage[];
  /** Images that are neither: further pages, which are not shown. */
  readonly otherCount: number;
  readonly warnings: readonly string[];
  readonly close: () => Promise<void>;
}

/** Sorts the images of `file`, with overviews from `NAME.ovr` where it has none itself and masks from `NAME.msk`. */
export async function collectTiffImages(file: ByteFile, directories: readonly TiffDirectory[]): Promise<TiffImages> {
  const opened = [file];
  const close = (): Promise<void> => closeAll(opened);
  try {
    const images = await Promise.all(directories.map(readImage));
    const main = images[0];
    if (main === undefined) {
      throw new Think2SegError('INPUT_CORRUPT', `${file.path} holds no image; export it again`);
    }
    const warnings: string[] = [];
    const ownOverviews = images
      .slice(1)
      .filter((image) => !isMask(image) && isReduced(image) && isSmallerCopy(image.layout, main.layout));
    // As GDAL does: those beside it may be of an earlier time.
    const ovr = ownOverviews.length > 0 ? [] : await overviewsBeside(file.path, opened, warnings);
    const msk = await imagesBeside(`${file.path}.msk`, opened).catch((thrown: unknown) => {
      // Without it other pixels would count: nothing to pass over.
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `the mask beside it, ${file.path}.msk, cannot be read; delete it or make it anew (${messageOf(thrown)})`,
        { cause: thrown },
      );
    });
    const overviews = [
      ...ownOverviews,
      ...ovr.filter((image) => !isMask(image) && isSmallerCopy(image.layout, main.layout)),
    ];
    const masks = [...[...images.slice(1), ...ovr].filter(isMask), ...msk];
    overviews.sort((left, right) => right.layout.width - left.layout.width);
    return {
      main,
      overviews,
      masks,
      otherCount: images.slice(1).filter(({ subfileType }) => (subfileType & ~page) === 0).length,
      warnings,
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The levels of a scene, full resolution first; overviews without a mask are left out when the scene has one. */
export function tiffLevels(images: TiffImages, sparseValue: number, cache: BlockCache): TiffLevel[] {
  const levels = levelsOf(images.main, images.overviews, images.masks, sparseValue, cache);
  return levels.filter((level) => level.hasMask === levels[0]!.hasMask);
}

/** Changes when a file of the scene does. */
export function identityOfImages({ main, overviews, masks }: TiffImages): string {
  return [...new Set([main, ...overviews, ...masks].map(({ directory }) => directory.file.identity))].join();
}

/** Overviews in `NAME.ovr` beside a raster that is no TIFF itself. */
export interface OverviewsBeside {
  readonly overviews: readonly TiffImage[];
  readonly masks: readonly TiffImage[];
  readonly warnings: readonly string[];
  readonly close: () => Promise<void>;
}

export async function collectOverviewsBeside(path: string, main: LayoutOfCopies): Promise<OverviewsBeside> {
  const opened: ByteFile[] = [];
  const warnings: string[] = [];
  const images = await overviewsBeside(path, opened, warnings);
  return {
    overviews: images
      .filter((image) => !isMask(image) && isSmallerCopy(image.layout, main))
      .sort((left, right) => right.layout.width - left.layout.width),
    masks: images.filter(isMask),
    warnings,
    close: () => closeAll(opened),
  };
}

/** Levels of these overviews, from fine to coarse. */
export function overviewLevels(
  { overviews, masks }: OverviewsBeside,
  sparseValue: number,
  cache: BlockCache,
): TiffLevel[] {
  return levelsOf(null, overviews, masks, sparseValue, cache);
}

function levelsOf(
  main: TiffImage | null,
  overviews: readonly TiffImage[],
  masks: readonly TiffImage[],
  sparseValue: number,
  cache: BlockCache,
): TiffLevel[] {
  const maskOf = (layout: TiffLayout): TiffLevel | null => {
    const mask = masks.find((image) => image.layout.width === layout.width && image.layout.height === layout.height);
    return mask === undefined
      ? null
      : new TiffLevel(mask.directory, mask.layout, {
          cache,
          name: `the mask of ${layout.width} x ${layout.height}`,
          sparseValue: 0,
          mask: null,
        });
  };
  return [...(main === null ? [] : [main]), ...overviews].map(({ directory, layout }) => {
    const name = directory === main?.directory ? 'the image' : `the overview of ${layout.width} x ${layout.height}`;
    return new TiffLevel(directory, layout, { cache, name, sparseValue, mask: maskOf(layout) });
  });
}

/** Compression as GDAL names it. */
export function compressionName({ compression, photometric: color, lercAddedCompression }: TiffLayout): string | null {
  if (compression === 1) {
    return null;
  }
  if (compression === 7 && color === photometric.yCbCr) {
    return 'YCbCr JPEG';
  }
  if (compression === 34887) {
    return ['LERC', 'LERC_DEFLATE', 'LERC_ZSTD'][lercAddedCompression] ?? 'LERC';
  }
  return compressionNames[compression] ?? `${compression}`;
}

async function readImage(directory: TiffDirectory): Promise<TiffImage> {
  return {
    directory,
    layout: await readTiffLayout(directory),
    subfileType: await directory.number(tag.newSubfileType, 0),
  };
}

function isMask({ subfileType }: TiffImage): boolean {
  return (subfileType & maskImage) !== 0;
}

function isReduced({ subfileType }: TiffImage): boolean {
  return (subfileType & reducedImage) !== 0;
}

/** What overviews have in common with the image they belong to. */
type LayoutOfCopies = Pick<TiffLayout, 'width' | 'samplesPerPixel' | 'sampleType'>;

function isSmallerCopy(layout: TiffLayout, main: LayoutOfCopies): boolean {
  return (
    layout.width < main.width &&
    layout.samplesPerPixel === main.samplesPerPixel &&
    layout.sampleType === main.sampleType
  );
}

/** Overviews make reading faster, nothing else: what is wrong with them is added to `warnings`. */
async function overviewsBeside(path: string, opened: ByteFile[], warnings: string[]): Promise<TiffImage[]> {
  try {
    return await imagesBeside(`${path}.ovr`, opened);
  } catch (thrown) {
    warnings.push(
      `the overviews beside it, ${path}.ovr, cannot be read and are not used; delete them or make them anew (${messageOf(thrown)})`,
    );
    return [];
  }
}

/** None when there is no such file; an opened one is added to `opened`. */
async function imagesBeside(path: string, opened: ByteFile[]): Promise<TiffImage[]> {
  if (!isPresent(path)) {
    return [];
  }
  const file = await ByteFile.open(path);
  opened.push(file);
  return Promise.all((await readTiffDirectories(file)).map(readImage));
}

async function closeAll(files: readonly ByteFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
