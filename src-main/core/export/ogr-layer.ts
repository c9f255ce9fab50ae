import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { withAtomicOutputs, type ScratchFiles } from '../files/atomic-write.ts';
import { outputFilesOf, shapefileLeftovers, withoutExtension } from '../files/output-files.ts';
import { gdalVectorTranslate } from '../gdal/gdal.ts';
import { gdalRuntime } from '../gdal/runtime.ts';
import type { OutputFeature, WriteRequest } from '../ports.ts';
import { gdalDefinition } from './gdal-definition.ts';
import { featureFilter, writeOgrSource } from './ogr-source.ts';

/** Width of a text field in dBASE. */
const dbaseTextBytes = 254;
/** What every program that reads Shapefiles can address. */
const shapefileMaxBytes = 2 ** 31 - 1;

/** `GeoPackage` in the scene's CRS; the run record is metadata of the data set (table `gpkg_metadata`). */
export async function writeGeoPackage(request: WriteRequest, signal: AbortSignal): Promise<string[]> {
  await withAtomicOutputs(
    [request.path],
    { ...request, obsolete: [`${request.path}-wal`, `${request.path}-shm`, `${request.path}-journal`], signal },
    ([temporaryPath]) =>
      translate(request, temporaryPath, signal, 'GPKG', null, [
        '-mo',
        `think2seg=${JSON.stringify(request.runRecord)}`,
      ]),
  );
  return [request.path];
}

/** FlatGeobuf in the scene's CRS; the run record lies beside it as `NAME.fgb.think2seg.json`. */
export async function writeFlatGeobuf(request: WriteRequest, signal: AbortSignal): Promise<string[]> {
  const paths = outputFilesOf(request.path);
  await withAtomicOutputs(paths, { ...request, signal }, async ([temporaryPath = '', recordPath = ''], files) => {
    await translate(request, temporaryPath, signal, 'FlatGeobuf', null, []);
    await writeRecord(files, recordPath, request.runRecord, []);
  });
  return paths;
}

/**
 * Shapefile in the scene's CRS with `.prj` (Esri WKT) and `.cpg` (UTF-8). Texts are cut to 254 bytes, the limit of dBASE; the whole texts
 * and the run record lie beside it as `NAME.think2seg.json`.
 *
 * @throws Think2SegError OUTPUT_TOO_LARGE above 2 GB.
 */
export async function writeShapefile(request: WriteRequest, signal: AbortSignal): Promise<string[]> {
  refuseTooLarge(request);
  const base = withoutExtension(request.path);
  const paths = outputFilesOf(request.path).filter((path) => request.crs !== null || !path.endsWith('.prj'));
  const obsolete = [...shapefileLeftovers, ...(request.crs === null ? ['.prj'] : [])].map((end) => base + end);
  await withAtomicOutputs(paths, { ...request, obsolete, signal }, async (temporaryPaths, files) => {
    const [mainPath = ''] = temporaryPaths;
    const lowerCasePath = `${withoutExtension(mainPath)}.shp`;
    const cut = await translate(request, lowerCasePath, signal, 'ESRI Shapefile', dbaseTextBytes, [
      '-lco',
      'ENCODING=UTF-8',
      '-lco',
      `DBF_DATE_LAST_UPDATE=${request.runRecord.createdAt.slice(0, 10)}`,
    ]);
    if (mainPath !== lowerCasePath) {
      await rename(lowerCasePath, mainPath);
    }
    const warnings = [...cut].map(
      (name) => `field ${name} of the Shapefile is cut to ${dbaseTextBytes} bytes; the whole text is in this file`,
    );
    await writeRecord(files, temporaryPaths.at(-1) ?? '', request.runRecord, warnings);
  });
  return paths;
}

/** Features to a file through GDAL. @returns names of the attributes that were cut. */
async function translate(
  request: WriteRequest,
  temporaryPath: string,
  signal: AbortSignal,
  driver: string,
  maxTextBytes: number | null,
  driverArguments: readonly string[],
): Promise<Set<string>> {
  // Lies in the scratch folder and goes with it.
  const sourcePath = join(dirname(temporaryPath), 'features.geojsonl');
  const cut = await writeOgrSource(sourcePath, request.features, maxTextBytes, signal);
  signal.throwIfAborted();
  // Files of equal content have equal bytes: the date inside is that of the run, not of the moment.
  (await gdalRuntime()).native.setConfig('OGR_CURRENT_DATE', request.runRecord.createdAt);
  await gdalVectorTranslate({ path: sourcePath }, temporaryPath, [
    '-f',
    driver,
    '-nln',
    request.layerName,
    '-nlt',
    'MULTIPOLYGON',
    '-where',
    featureFilter,
    '-a_srs',
    request.crs === null ? 'NONE' : gdalDefinition(request.crs),
    ...driverArguments,
  ]);
  return cut;
}

async function writeRecord(
  files: ScratchFiles,
  path: string,
  runRecord: RunRecord,
  warnings: readonly string[],
): Promise<void> {
  const record = warnings.length === 0 ? runRecord : { ...runRecord, outputWarnings: warnings };
  await files.writeFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

function refuseTooLarge(request: WriteRequest): void {
  const bytes = request.features.reduce((sum, feature) => sum + shapeBytes(feature), 100);
  if (bytes > shapefileMaxBytes) {
    throw new Think2SegError(
      'OUTPUT_TOO_LARGE',
      `${request.path} would have ${bytes} bytes, a Shapefile holds at most ${shapefileMaxBytes}; write a GeoPackage (.gpkg) instead`,
    );
  }
}

/** Size of one polygon record (ESRI Shapefile Technical Description, July 1998, page 8); rings repeat their first point. */
function shapeBytes({ polygonsMap }: OutputFeature): number {
  let bytes = 8 + 44;
  for (const { rings } of polygonsMap) {
    for (const ring of rings) {
      bytes += 4 + 8 * (ring.length + 2);
    }
  }
  return bytes;
}
