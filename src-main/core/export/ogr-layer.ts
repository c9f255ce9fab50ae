import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { HandRecord, RunRecord } from '../../contract/run-record.ts';
import { withAtomicOutputs, type ScratchFiles } from '../files/atomic-write.ts';
import { isPresent } from '../files/is-present.ts';
import { outputFilesOf, shapefileLeftovers, withoutExtension } from '../files/output-files.ts';
import { refuseForeignParts } from '../files/refuse-foreign-parts.ts';
import type { OutputFeature, WriteRequest, WrittenFiles } from '../ports.ts';
import { translateFeatures } from './translate-features.ts';

/** Width of a text field in dBASE. */
export const dbaseTextBytes = 254;
/** What every program that reads Shapefiles can address. */
const shapefileMaxBytes = 2 ** 31 - 1;

/** FlatGeobuf in the scene's CRS; the run record lies beside it as `NAME.fgb.think2seg.json`. */
export async function writeFlatGeobuf(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  const paths = outputFilesOf(request.path);
  await withAtomicOutputs(paths, { ...request, signal }, async ([temporaryPath = '', recordPath = ''], files) => {
    refuseForeignParts(request.path);
    await translateFeatures(request, temporaryPath, signal, 'FlatGeobuf', null, []);
    await writeRecord(files, recordPath, request.runRecord, []);
  });
  return { files: paths, warnings: [] };
}

/**
 * Shapefile in the scene's CRS with `.prj` (Esri WKT) and `.cpg` (UTF-8). Texts are cut to 254 bytes, the limit of dBASE; the whole texts
 * and the run record lie beside it as `NAME.think2seg.json`.
 *
 * @throws Think2SegError OUTPUT_TOO_LARGE above 2 GB.
 */
export async function writeShapefile(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  refuseTooLarge(request);
  const base = withoutExtension(request.path);
  const paths = outputFilesOf(request.path).filter((path) => request.crs !== null || !path.endsWith('.prj'));
  const recordPath = paths.at(-1) ?? '';
  let warnings: string[] = [];
  const leftovers = isPresent(request.path) ? [...shapefileLeftovers, ...(request.crs === null ? ['.prj'] : [])] : [];
  const obsolete = leftovers.map((end) => base + end);
  await withAtomicOutputs(paths, { ...request, obsolete, signal }, async (temporaryPaths, files) => {
    refuseForeignParts(request.path);
    const [mainPath = ''] = temporaryPaths;
    const lowerCasePath = `${withoutExtension(mainPath)}.shp`;
    const cut = await translateFeatures(request, lowerCasePath, signal, 'ESRI Shapefile', dbaseTextBytes, [
      '-lco',
      'ENCODING=UTF-8',
      '-lco',
      `DBF_DATE_LAST_UPDATE=${request.runRecord.createdAt.slice(0, 10)}`,
    ]);
    if (mainPath !== lowerCasePath) {
      await rename(lowerCasePath, mainPath);
    }
    // The record has our own texts; of those that came with a file, whoever chose their columns has told.
    const foreign = new Set((request.fields ?? []).map(({ name }) => name));
    const ownTexts = [...cut].filter((name) => !foreign.has(name));
    warnings = ownTexts.map(
      (name) =>
        `field ${name} of the Shapefile is cut to ${dbaseTextBytes} bytes; the whole text is in ${basename(recordPath)}`,
    );
    await writeRecord(files, temporaryPaths.at(-1) ?? '', request.runRecord, warnings);
  });
  return { files: paths, warnings };
}

async function writeRecord(
  files: ScratchFiles,
  path: string,
  runRecord: RunRecord | HandRecord,
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
