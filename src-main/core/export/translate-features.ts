import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gdalVectorTranslate, gdalVectorTranslateToBytes } from '../gdal/gdal.ts';
import { gdalRuntime } from '../gdal/runtime.ts';
import type { WriteRequest } from '../ports.ts';
import { layerDefinition } from '../gdal/gdal-definition.ts';
import { featureFilter, ogrSource } from './ogr-source.ts';

/**
 * Features to a file through GDAL, as multipolygons unless `driverArguments` name another `-nlt`. A small new GeoPackage is made in memory.
 *
 * @returns names of the attributes that were cut.
 */
export async function translateFeatures(
  request: WriteRequest,
  temporaryPath: string,
  signal: AbortSignal,
  driver: string,
  maxTextBytes: number | null,
  driverArguments: readonly string[],
): Promise<Set<string>> {
  // Lies in the scratch folder and goes with it.
  const sourcePath = join(dirname(temporaryPath), 'features.geojsonl');
  const { source, cut } = await ogrSource(sourcePath, request, maxTextBytes, signal);
  signal.throwIfAborted();
  // Files of equal content have equal bytes: the date inside is that of the run, not of the moment.
  (await gdalRuntime()).native.setConfig('OGR_CURRENT_DATE', request.runRecord.createdAt);
  const translateArguments = [
    '-f',
    driver,
    '-nln',
    request.layerName,
    ...(driverArguments.includes('-nlt') ? [] : ['-nlt', 'MULTIPOLYGON']),
    '-where',
    featureFilter,
    '-a_srs',
    layerDefinition(request.crs, driver),
    ...driverArguments,
  ];
  // GDAL need not ask each of its drivers what this is; a single line is no sequence to it.
  const choice = { drivers: ['GeoJSON', 'GeoJSONSeq'] };
  if (driver === 'GPKG' && !driverArguments.includes('-update') && 'bytes' in source) {
    const bytes = await gdalVectorTranslateToBytes(source, temporaryPath, translateArguments, choice);
    await writeFile(temporaryPath, bytes);
  } else {
    await gdalVectorTranslate(source, temporaryPath, translateArguments, choice);
  }
  return cut;
}
