/** Reads tiles of a raster file through range requests. What it may be given is checked by the engine's `scene.display`. */
import type { GeoTIFF, GeoTIFFImage } from 'geotiff';
import type { Samples, TileSamples } from './colour-tile.ts';
import { tileRectLevelPx, type Level, type TileAddress } from './pyramid.ts';

/** Smaller blocks are read together, larger ones are decoded for each part that is shown. */
const minTileSidePx = 256;
const maxTileSidePx = 1024;

const maskBit = 4;
const yCbCr = 6;

interface LevelImages {
  readonly image: GeoTIFFImage;
  readonly mask: GeoTIFFImage | null;
}

export class RasterFile {
  readonly levels: readonly Level[];
  readonly #images: readonly LevelImages[];

  private constructor(images: readonly LevelImages[]) {
    this.#images = images;
    this.levels = images.map(({ image }) => levelOf(image));
  }

  static async open(file: GeoTIFF): Promise<RasterFile> {
    const count = await file.getImageCount();
    const all = await Promise.all(Array.from({ length: count }, (_, index) => file.getImage(index)));
    const isMask = (image: GeoTIFFImage): boolean => (subfileType(image) & maskBit) !== 0;
    const masks = all.filter(isMask);
    const images = all
      .filter((image) => !isMask(image))
      .map((image) => ({ image, mask: masks.find((mask) => isOfSize(mask, image)) ?? null }))
      // A side of few pixels is the same at several levels.
      .sort(
        ({ image: left }, { image: right }) =>
          right.getWidth() * right.getHeight() - left.getWidth() * left.getHeight(),
      );
    return new RasterFile(images);
  }

  /** @param bands 0-based */
  async readTile(address: TileAddress, bands: readonly number[]): Promise<TileSamples> {
    const { image, mask } = this.#images[address.level]!;
    const { x, y, width, height } = tileRectLevelPx(this.levels[address.level]!, address);
    const window = [x, y, x + width, y + height];
    const samples = [...new Set(bands)];
    const read: ArrayLike<Samples> = isYCbCr(image)
      ? pick(await image.readRGB({ window, interleave: false }), samples)
      : await image.readRasters({ window, samples: [...samples], interleave: false });
    const maskSamples = mask === null ? null : await mask.readRasters({ window, samples: [0], interleave: false });
    return {
      width,
      height,
      bands: new Map(samples.map((band, index) => [band, read[index]!])),
      mask: maskSamples?.[0] ?? null,
    };
  }
}

function isOfSize(one: GeoTIFFImage, other: GeoTIFFImage): boolean {
  return one.getWidth() === other.getWidth() && one.getHeight() === other.getHeight();
}

function subfileType(image: GeoTIFFImage): number {
  return image.fileDirectory.getValue('NewSubfileType') ?? 0;
}

function isYCbCr(image: GeoTIFFImage): boolean {
  return image.fileDirectory.getValue('PhotometricInterpretation') === yCbCr;
}

function pick(colours: ArrayLike<Samples>, bands: readonly number[]): Samples[] {
  return bands.map((band) => colours[band]!);
}

function levelOf(image: GeoTIFFImage): Level {
  const width = image.getWidth();
  const height = image.getHeight();
  return {
    width,
    height,
    tileWidth: image.isTiled ? tileSide(image.getTileWidth()) : Math.min(width, 2 * maxTileSidePx),
    tileHeight: tileSide(image.getTileHeight()),
  };
}

/** Whole blocks, as many as make a tile of handy size. */
function tileSide(blockSide: number): number {
  return Math.min(maxTileSidePx, blockSide * Math.ceil(minTileSidePx / blockSide));
}
