import { Think2SegError } from '../../contract/errors.ts';
import { isPresent } from '../files/is-present.ts';
import { blocksOf } from './block-cache.ts';
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
  readonly close: () => Promise<void>;
}

/** Sorts the images of `file`, with overviews from `NAME.ovr` and masks from `NAME.msk` when those exist. */
export async function collectTiffImages(file: ByteFile, directories: readonly TiffDirectory[]): Promise<TiffImages> {
  const sidecars: ByteFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([file, ...sidecars].map((opened) => opened.close()));
  };
  try {
    const images = await Promise.all(directories.map(readImage));
    const main = images[0];
    if (main === undefined) {
      throw new Think2SegError('INPUT_CORRUPT', `${file.path} holds no image; export it again`);
    }
    const [ovr, msk] = await Promise.all(
      ['.ovr', '.msk'].map(async (suffix) => {
        const sidecar = await openIfPresent(`${file.path}${suffix}`);
        if (sidecar === null) {
          return [];
        }
        sidecars.push(sidecar);
        return Promise.all((await readTiffDirectories(sidecar)).map(readImage));
      }),
    );
    const beside = [...images.slice(1), ...(ovr ?? [])];
    const overviews = beside.filter(
      (image) =>
        (image.subfileType & maskImage) === 0 &&
        ((image.subfileType & reducedImage) !== 0 || (ovr ?? []).includes(image)) &&
        isSmallerCopy(image.layout, main.layout),
    );
    const masks = [...beside.filter((image) => (image.subfileType & maskImage) !== 0), ...(msk ?? [])];
    overviews.sort((left, right) => right.layout.width - left.layout.width);
    return {
      main,
      overviews,
      masks,
      otherCount: images.slice(1).filter(({ subfileType }) => (subfileType & ~page) === 0).length,
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The levels of a scene, full resolution first; overviews without a mask are left out when the scene has one. */
export function tiffLevels(images: TiffImages, sparseValue: number): TiffLevel[] {
  const files = [images.main, ...images.overviews, ...images.masks].map(({ directory }) => directory.file.identity);
  const cache = blocksOf([...new Set(files)].join());
  const maskOf = (layout: TiffLayout): TiffLevel | null => {
    const mask = images.masks.find(
      (image) => image.layout.width === layout.width && image.layout.height === layout.height,
    );
    return mask === undefined
      ? null
      : new TiffLevel(mask.directory, mask.layout, {
          cache,
          name: `the mask of ${layout.width} x ${layout.height}`,
          sparseValue: 0,
          mask: null,
        });
  };
  const levels = [images.main, ...images.overviews].map(
    ({ directory, layout }, index) =>
      new TiffLevel(directory, layout, {
        cache,
        name: index === 0 ? 'the image' : `the overview of ${layout.width} x ${layout.height}`,
        sparseValue,
        mask: maskOf(layout),
      }),
  );
  return levels.filter((level) => level.hasMask === levels[0]!.hasMask);
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

function isSmallerCopy(layout: TiffLayout, main: TiffLayout): boolean {
  return (
    layout.width < main.width &&
    layout.samplesPerPixel === main.samplesPerPixel &&
    layout.sampleType === main.sampleType
  );
}

async function openIfPresent(path: string): Promise<ByteFile | null> {
  return isPresent(path) ? ByteFile.open(path) : null;
}
