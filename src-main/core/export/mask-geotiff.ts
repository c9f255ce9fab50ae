import { dirname, join } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { Crs, Geotransform } from '../../contract/geo.ts';
import type { HandRecord, RunRecord } from '../../contract/run-record.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { pictureLeftovers } from '../files/output-files.ts';
import { gdalRasterTranslate } from '../gdal/gdal.ts';
import { gdalDefinition } from '../gdal/gdal-definition.ts';
import { xmlContent } from '../xml-text.ts';

export interface MaskRequest {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Number of the instance at each pixel, 0 = none; `height * width`, row-major. */
  readonly data: Uint16Array;
  /** Pixel of the mask to map. */
  readonly transform: Geotransform | null;
  readonly crs: Crs | null;
  readonly runRecord: RunRecord | HandRecord;
  readonly overwrite: boolean;
  readonly scratchName?: string;
}

const tileSide = 256;

/**
 * Writes instance numbers as a tiled, deflate-compressed GeoTIFF: 8-bit where the numbers fit, else 16-bit; nodata is 0. The run
 * record is the metadata item `think2seg`.
 */
export async function writeMaskGeoTiff(request: MaskRequest, signal: AbortSignal): Promise<string[]> {
  const { path, width, height, data } = request;
  if (data.length !== width * height) {
    throw new Think2SegError(
      'INTERNAL',
      `got ${data.length} mask samples, expected ${height} x ${width} = ${height * width}`,
    );
  }
  signal.throwIfAborted();
  const isWide = data.some((instance) => instance > 255);
  const obsolete = pictureLeftovers.map((end) => path + end);
  await withAtomicOutputs([path], { ...request, obsolete, signal }, async ([temporaryPath], files) => {
    const rawPath = join(dirname(temporaryPath), 'mask.raw');
    const describedPath = join(dirname(temporaryPath), 'mask.vrt');
    await files.writeFile(rawPath, isWide ? littleEndian(data) : Uint8Array.from(data));
    await files.writeFile(describedPath, describeRaw(request, isWide));
    signal.throwIfAborted();
    await gdalRasterTranslate({ path: describedPath }, temporaryPath, [
      '-of',
      'GTiff',
      '-co',
      'COMPRESS=DEFLATE',
      '-co',
      'PREDICTOR=2',
      '-co',
      'TILED=YES',
      '-co',
      `BLOCKXSIZE=${tileSide}`,
      '-co',
      `BLOCKYSIZE=${tileSide}`,
      '-co',
      'BIGTIFF=IF_SAFER',
      '-mo',
      `think2seg=${JSON.stringify(request.runRecord)}`,
    ]);
  });
  return [path];
}

function littleEndian(data: Uint16Array): Uint8Array {
  const buffer = Buffer.from(Uint16Array.from(data).buffer);
  return isLittleEndianHost ? buffer : buffer.swap16();
}

const isLittleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A GDAL virtual raster that says what the raw samples beside it are. */
function describeRaw({ width, height, transform, crs }: MaskRequest, isWide: boolean): string {
  const bytesPerSample = isWide ? 2 : 1;
  const placed =
    transform === null
      ? ''
      : `<GeoTransform>${[transform[2], transform[0], transform[1], transform[5], transform[3], transform[4]].join(', ')}</GeoTransform>`;
  const system = crs === null ? '' : `<SRS>${xmlContent(gdalDefinition(crs))}</SRS>`;
  return `<VRTDataset rasterXSize="${width}" rasterYSize="${height}">${system}${placed}<VRTRasterBand dataType="${
    isWide ? 'UInt16' : 'Byte'
  }" band="1" subClass="VRTRawRasterBand"><Description>instance</Description><NoDataValue>0</NoDataValue><SourceFilename relativeToVRT="1">mask.raw</SourceFilename><ImageOffset>0</ImageOffset><PixelOffset>${bytesPerSample}</PixelOffset><LineOffset>${
    bytesPerSample * width
  }</LineOffset><ByteOrder>LSB</ByteOrder></VRTRasterBand></VRTDataset>`;
}
