import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SampleType } from '../../contract/scene.ts';
import { gdalReadRaw, type GdalInfo } from '../gdal/gdal.ts';
import type { SampleArray } from '../ports.ts';
import { failureOfSources } from './missing-codec.ts';
import type { PixelLevel } from './pixel-level.ts';
import { bytesPerSample, samplesFromBytes } from './samples.ts';

export const sampleTypeByGdalName: Readonly<Record<string, SampleType>> = {
  Byte: 'uint8',
  Int8: 'int8',
  UInt16: 'uint16',
  Int16: 'int16',
  UInt32: 'uint32',
  Int32: 'int32',
  UInt64: 'uint64',
  Int64: 'int64',
  Float32: 'float32',
  Float64: 'float64',
};

/** The contract's name of a GDAL sample type; throws INPUT_UNSUPPORTED for complex numbers. */
export function sampleTypeOfGdal(path: string, gdalType: string): SampleType {
  const type = sampleTypeByGdalName[gdalType];
  if (type === undefined) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} holds samples of type ${gdalType}, which are no picture; export amplitude or intensity first`,
    );
  }
  return type;
}

/** The full resolution and the overviews of a dataset that GDAL reads. */
export function gdalLevels(path: string, info: GdalInfo): PixelLevel[] {
  const sampleTypes = info.bands.map((band) => sampleTypeOfGdal(path, band.type));
  const first = info.bands[0];
  const hasMask = first?.mask?.flags.includes('PER_DATASET') === true && !first.mask.flags.includes('ALPHA');
  const sizes = [info.size, ...(first?.overviews ?? []).map((overview) => overview.size)];
  const block = first?.block ?? [256, 256];
  return sizes.map(
    ([width, height], index) =>
      new GdalLevel(path, { width, height, block, sampleTypes, hasMask, overview: index === 0 ? null : index - 1 }),
  );
}

interface GdalLevelShape extends Pick<PixelLevel, 'width' | 'height' | 'sampleTypes' | 'hasMask'> {
  readonly block: readonly [number, number];
  readonly overview: number | null;
}

class GdalLevel implements PixelLevel {
  readonly width: number;
  readonly height: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly sampleTypes: readonly SampleType[];
  readonly hasMask: boolean;
  readonly #path: string;
  readonly #openOptions: readonly string[];

  constructor(path: string, shape: GdalLevelShape) {
    this.width = shape.width;
    this.height = shape.height;
    [this.blockWidth, this.blockHeight] = shape.block;
    this.sampleTypes = shape.sampleTypes;
    this.hasMask = shape.hasMask;
    this.#path = path;
    this.#openOptions = shape.overview === null ? [] : [`OVERVIEW_LEVEL=${shape.overview}`];
  }

  async read(windowLevelPx: WindowPx, bands: readonly number[], signal: AbortSignal): Promise<SampleArray[]> {
    signal.throwIfAborted();
    const types = bands.map((band) => this.sampleTypes[band - 1] ?? 'uint8');
    if (types.some((type) => type !== types[0])) {
      // A raw file has one type for all bands: bands of mixed types are read one by one.
      const results: SampleArray[] = [];
      for (const band of bands) {
        results.push(...(await this.read(windowLevelPx, [band], signal)));
      }
      return results;
    }
    const type = types[0] ?? 'uint8';
    // Raw files hold no signed bytes.
    const isSignedByte = type === 'int8';
    const storedType = isSignedByte ? 'int16' : type;
    const bytes = await this.#raw(windowLevelPx, [
      ...(isSignedByte ? ['-ot', 'Int16'] : []),
      ...bands.flatMap((band) => ['-b', `${band}`]),
    ]);
    const bandBytes = windowLevelPx.width * windowLevelPx.height * bytesPerSample(storedType);
    if (bytes.length !== bandBytes * bands.length) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `${this.#path} gave ${bytes.length} bytes, expected ${bandBytes * bands.length}; export it again`,
      );
    }
    return bands.map((_, index) => {
      const samples = samplesFromBytes(storedType, bytes.subarray(index * bandBytes, (index + 1) * bandBytes));
      return isSignedByte ? Int8Array.from<number | bigint>(samples, Number) : samples;
    });
  }

  areUnwritten(windowsLevelPx: readonly WindowPx[]): Promise<boolean[]> {
    return Promise.resolve(windowsLevelPx.map(() => false));
  }

  async readMask(windowLevelPx: WindowPx, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    const mask = await this.#raw(windowLevelPx, ['-b', 'mask,1']);
    return mask.map((value) => (value === 0 ? 0 : 1));
  }

  async #raw({ x, y, width, height }: WindowPx, bandArguments: readonly string[]): Promise<Uint8Array> {
    const translateArguments = ['-srcwin', `${x}`, `${y}`, `${width}`, `${height}`, ...bandArguments];
    try {
      return await gdalReadRaw({ path: this.#path }, translateArguments, { options: this.#openOptions });
    } catch (thrown) {
      throw failureOfSources(this.#path, thrown);
    }
  }
}
