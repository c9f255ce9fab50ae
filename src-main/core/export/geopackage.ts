/**
 * GeoPackages in the scene's CRS: new ones, and layers and features that join an existing one. The run record of a new file is metadata
 * of the data set; those of later additions are metadata of their layer. An existing file is changed as a copy that then takes its place.
 */
import { copyFile } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { fileSize } from '../files/file-size.ts';
import { gdalVectorInfo, gdalVectorSql } from '../gdal/gdal.ts';
import type { GdalVectorLayer } from '../gdal/gdal-info.ts';
import type { WriteRequest, WrittenFiles } from '../ports.ts';
import { isSameCrs } from '../crs/same-crs.ts';
import { geoPackageBytes, isSmallLayer } from './geopackage-file.ts';
import { geoPackageSrs } from './geopackage-srs.ts';
import { runRecordStatements, styleStatements } from './geopackage-tables.ts';
import { translateFeatures } from './translate-features.ts';

const journals = ['-wal', '-shm', '-journal'] as const;

/** Names of tables that SQLite, GeoPackage and its extensions keep for themselves. @throws OUTPUT_FORMAT */
export function refuseReservedName(path: string, layerName: string): void {
  if (/^(sqlite_|gpkg_|rtree_|layer_styles$)/i.test(layerName)) {
    throw new Think2SegError(
      'OUTPUT_FORMAT',
      `${path} cannot have a layer ${layerName}: GeoPackages keep sqlite_, gpkg_, rtree_ and layer_styles for themselves; choose another name`,
    );
  }
}

/** A new file, with the layer's style as its default where one is given. */
export async function writeGeoPackage(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  refuseReservedName(request.path, request.layerName);
  await withAtomicOutputs([request.path], { ...atomic(request), signal }, async ([temporaryPath], files) => {
    // GDAL knows the types of what came from elsewhere, and systems that are told in several ways.
    const isPlain = (request.fields ?? []).length === 0;
    const srs = isPlain && isSmallLayer(request.features) ? await geoPackageSrs(request.crs) : null;
    if (srs !== null) {
      await files.writeFile(temporaryPath, await geoPackageBytes(request, srs));
    } else {
      const record = ['-mo', `think2seg=${JSON.stringify(request.runRecord)}`];
      await translateFeatures(request, temporaryPath, signal, 'GPKG', null, record);
    }
    if (request.style !== undefined) {
      await gdalVectorSql(
        temporaryPath,
        styleStatements(request.layerName, request.style, request.runRecord.createdAt),
      );
    }
  });
  return { files: [request.path], warnings: [] };
}

/**
 * Features added to a layer of an existing file; attributes that it lacks are added to it, its style stays.
 *
 * @throws Think2SegError INPUT_NOT_FOUND without the file, OUTPUT_FORMAT when the layer is not there, in another CRS, or not of polygons.
 */
export async function appendToGeoPackage(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  return changeGeoPackage(request, signal, async (temporaryPath, layers) => {
    const layer = layers.find(({ name }) => name === request.layerName);
    if (layer === undefined) {
      throw new Think2SegError(
        'OUTPUT_FORMAT',
        `${request.path} has no layer ${request.layerName}, it has ${layers.map(({ name }) => name).join(', ')}; choose one of them or add a layer`,
      );
    }
    await refuseOtherKind(layer, request);
    const isSingle = layer.geometryFields[0]?.type === 'Polygon';
    await translateFeatures(request, temporaryPath, signal, 'GPKG', null, [
      '-update',
      '-append',
      '-addfields',
      ...(isSingle ? ['-explodecollections', '-nlt', 'POLYGON'] : []),
    ]);
    await gdalVectorSql(temporaryPath, runRecordStatements(request.layerName, request.runRecord));
  });
}

/**
 * A further layer in an existing file.
 *
 * @throws Think2SegError INPUT_NOT_FOUND without the file, OUTPUT_EXISTS when it has a layer of this name.
 */
export async function addGeoPackageLayer(request: WriteRequest, signal: AbortSignal): Promise<WrittenFiles> {
  refuseReservedName(request.path, request.layerName);
  return changeGeoPackage(request, signal, async (temporaryPath, layers) => {
    if (layers.some(({ name }) => name.toLowerCase() === request.layerName.toLowerCase())) {
      throw new Think2SegError(
        'OUTPUT_EXISTS',
        `${request.path} has a layer ${request.layerName} already; choose another name or append to it`,
      );
    }
    await translateFeatures(request, temporaryPath, signal, 'GPKG', null, ['-update']);
    await gdalVectorSql(temporaryPath, [
      ...runRecordStatements(request.layerName, request.runRecord),
      ...(request.style === undefined
        ? []
        : styleStatements(request.layerName, request.style, request.runRecord.createdAt)),
    ]);
  });
}

async function changeGeoPackage(
  request: WriteRequest,
  signal: AbortSignal,
  change: (temporaryPath: string, layers: readonly GdalVectorLayer[]) => Promise<void>,
): Promise<WrittenFiles> {
  const { path } = request;
  await refuseAbsentOrOpen(path);
  await withAtomicOutputs([path], { ...atomic(request), overwrite: true, signal }, async ([temporaryPath]) => {
    await copyFile(path, temporaryPath);
    const { layers } = await gdalVectorInfo({ path: temporaryPath });
    await change(temporaryPath, layers);
  });
  return { files: [path], warnings: [] };
}

function atomic(request: WriteRequest): Pick<WriteRequest, 'overwrite' | 'scratchName'> & { obsolete: string[] } {
  const { overwrite, scratchName, path } = request;
  return { overwrite, scratchName, obsolete: journals.map((suffix) => path + suffix) };
}

/** What another program has not written back yet lies in the file `-wal`; replacing the main file would lose it. */
async function refuseAbsentOrOpen(path: string): Promise<void> {
  if ((await fileSize(path)) === null) {
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `there is no GeoPackage ${path} to add to; create it or choose another`,
    );
  }
  if (((await fileSize(`${path}-wal`)) ?? 0) > 0) {
    throw new Think2SegError(
      'OUTPUT_NOT_WRITABLE',
      `${path} has changes that another program has not written back (${path}-wal); close it there, then export again`,
    );
  }
}

const polygonTypes = ['Polygon', 'MultiPolygon', 'Geometry', 'GeometryCollection', 'Unknown (any)'];

async function refuseOtherKind(
  { name, geometryFields: [geometry] }: GdalVectorLayer,
  request: WriteRequest,
): Promise<void> {
  if (geometry === undefined || !polygonTypes.includes(geometry.type)) {
    throw new Think2SegError(
      'OUTPUT_FORMAT',
      `layer ${name} of ${request.path} holds ${geometry?.type ?? 'no geometry'}, expected polygons; add a layer instead`,
    );
  }
  const wkt = geometry.coordinateSystem?.wkt;
  if (!(await isSameCrs(request.crs, wkt))) {
    throw new Think2SegError(
      'OUTPUT_FORMAT',
      `layer ${name} of ${request.path} is in ${/"([^"]*)"/.exec(wkt ?? '')?.[1] ?? 'no CRS'}, the results are in ` +
        `${request.crs?.name ?? 'no CRS'}; add a layer instead`,
    );
  }
}
