/** What was accepted on the screen, written to disk: vector files with their style, mask GeoTIFFs. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { z } from 'zod';
import { Think2SegError } from '../contract/errors.ts';
import type { interactiveRouteInputs, InteractiveRouteOutputs } from '../contract/interactive-routes.ts';
import type { Review } from '../contract/review.ts';
import type { HandRecord, RunRecord } from '../contract/run-record.ts';
import { columnsFor } from './export/foreign-columns.ts';
import { createFeatureWriter } from './export/feature-writer.ts';
import { addGeoPackageLayer, appendToGeoPackage } from './export/geopackage.ts';
import { writeMaskGeoTiff } from './export/mask-geotiff.ts';
import { isPlainStyle, qmlStyle } from './export/qml-style.ts';
import { withAtomicOutputs } from './files/atomic-write.ts';
import { isPresent } from './files/is-present.ts';
import { withoutExtension } from './files/output-files.ts';
import { refuseInput } from './files/refuse-input.ts';
import type { FeatureWriter, OutputFeature, RasterReader, RasterSource, WriteRequest } from './ports.ts';
import { windowTransform } from './query/target-window.ts';
import { burnShapes } from './shape/burn-instances.ts';
import { ringsOf } from './shape/instance-shapes.ts';
import { inverseTransform } from './shape/work-plane.ts';
import { affinePolygons } from './vector/affine-polygons.ts';

type VectorInput = z.output<(typeof interactiveRouteInputs)['export.vector']>;
type MaskInput = z.output<(typeof interactiveRouteInputs)['export.mask']>;
type ExportedInstance = VectorInput['instances'][number];

export interface ExportPorts {
  readonly rasters: RasterReader;
  readonly application: RunRecord['application'];
  readonly digestFile: (path: string, signal: AbortSignal) => Promise<{ bytes: number; sha256: string }>;
}

const maxMaskPixels = 2 ** 31;
const maxMaskInstances = 2 ** 16 - 1;

/**
 * Writes, replaces or extends a vector file; the extension says the format.
 *
 * @returns every file that is there because of it, and what the format could not hold as it is.
 * @throws Think2SegError OUTPUT_EXISTS, OUTPUT_FORMAT, OUTPUT_NOT_WRITABLE ...; what existed is then as it was.
 */
export async function exportVector(
  ports: ExportPorts,
  input: VectorInput,
  signal: AbortSignal,
): Promise<InteractiveRouteOutputs['export.vector']> {
  const { path, write, style } = input;
  await refuseInput(input.rasterPath, [path]);
  const { fields, notes } = columnsFor(
    path,
    input.fields,
    input.instances.map(({ attributes }) => attributes),
  );
  const writer = writerFor(path, write);
  const stylePath = `${withoutExtension(path)}.qml`;
  const writesStyle = style !== null && (await mayWriteStyle(stylePath, write));
  return withSource(ports, input.rasterPath, signal, async (source) => {
    const request: WriteRequest = {
      path,
      layerName: input.layerName,
      ...(style === null ? {} : { style }),
      features: featuresOf(input.instances),
      fields,
      crs: source.crs,
      runRecord: await recordOf(ports, input, source, signal),
      overwrite: write !== 'create',
      scratchName: input.scratchName,
    };
    const { files, warnings } = await writer.write(request, signal);
    const written = { files: [...files], notes: [...notes, ...warnings] };
    if (!writesStyle) {
      return written;
    }
    const { scratchName } = input;
    await withAtomicOutputs([stylePath], { overwrite: true, scratchName, signal }, ([temporaryPath], scratch) =>
      scratch.writeFile(temporaryPath, qmlStyle(style)),
    );
    return { ...written, files: [...files, stylePath] };
  });
}

/** Writes the numbers of the instances (1-based, in their order) on the pixels of a window. */
export async function exportMask(ports: ExportPorts, input: MaskInput, signal: AbortSignal): Promise<string[]> {
  const { windowPx, instances, path } = input;
  const pixels = windowPx.width * windowPx.height;
  if (!path.toLowerCase().endsWith('.tif')) {
    throw new Think2SegError('OUTPUT_FORMAT', `got ${path}, expected a name that ends in .tif`);
  }
  if (pixels > maxMaskPixels || instances.length > maxMaskInstances) {
    throw new Think2SegError(
      'OUTPUT_TOO_LARGE',
      `a mask of ${windowPx.width} x ${windowPx.height} pixels with ${instances.length} instances was asked for, expected ` +
        `at most ${maxMaskPixels} pixels and ${maxMaskInstances} instances; choose a window`,
    );
  }
  await refuseInput(input.rasterPath, [path]);
  return withSource(ports, input.rasterPath, signal, async (source) => {
    const toScene = inverseTransform(source.transform ?? [1, 0, 0, 0, -1, 0]);
    const shapesScenePx = instances.map(({ polygonsMap }) => affinePolygons(ringsOf(polygonsMap), toScene));
    return writeMaskGeoTiff(
      {
        path,
        width: windowPx.width,
        height: windowPx.height,
        data: burnShapes(shapesScenePx, windowPx),
        transform: source.transform === null ? null : windowTransform(source.transform, windowPx),
        crs: source.crs,
        runRecord: await recordOf(ports, input, source, signal),
        overwrite: input.overwrite,
        scratchName: input.scratchName,
      },
      signal,
    );
  });
}

/** A style of somebody's own is never replaced; beside a file that is extended it stays, else the user is told. */
async function mayWriteStyle(stylePath: string, write: VectorInput['write']): Promise<boolean> {
  if (!isPresent(stylePath)) {
    return true;
  }
  if (write === 'append' || write === 'add-layer') {
    return false;
  }
  if (write === 'create' || !isPlainStyle(await readFile(stylePath, 'utf8'))) {
    throw new Think2SegError(
      'OUTPUT_EXISTS',
      `${stylePath} exists already, with a style of its own; choose another name, or export without a style`,
    );
  }
  return true;
}

function writerFor(path: string, write: VectorInput['write']): FeatureWriter {
  if (write === 'create' || write === 'replace') {
    return createFeatureWriter();
  }
  if (extname(path).toLowerCase() !== '.gpkg') {
    throw new Think2SegError(
      'OUTPUT_FORMAT',
      `features can join an existing GeoPackage (.gpkg) only, got ${path}; choose one, or write a new file`,
    );
  }
  return { write: write === 'append' ? appendToGeoPackage : addGeoPackageLayer };
}

/** Instances without any area are left out, as there is nothing to draw. */
function featuresOf(instances: readonly ExportedInstance[]): OutputFeature[] {
  return instances
    .filter(({ polygonsMap }) => polygonsMap.length > 0)
    .map((instance, index) => ({
      instance: index + 1,
      polygonsMap: ringsOf(instance.polygonsMap),
      question: instance.question,
      score: instance.score,
      areaM2: instance.areaM2,
      perimeterM: instance.perimeterM,
      prompt: instance.promptScenePx,
      attributes: instance.attributes,
    }));
}

async function recordOf(
  ports: ExportPorts,
  { runRecord, reviewed, rasterPath }: Pick<VectorInput, 'runRecord' | 'reviewed' | 'rasterPath'>,
  source: RasterSource,
  signal: AbortSignal,
): Promise<RunRecord | HandRecord> {
  const record = runRecord ?? (await handRecord(ports, source, rasterPath, signal));
  if (reviewed === undefined) {
    return record;
  }
  const { width, height } = source.info;
  const review: Review = { promptFrame: { name: 'scene-px', width, height }, results: reviewed };
  return { ...record, reviews: [...(record.reviews ?? []), review] };
}

async function handRecord(
  ports: ExportPorts,
  { info, crs, transform }: RasterSource,
  path: string,
  signal: AbortSignal,
): Promise<HandRecord> {
  return {
    schema: 1,
    application: ports.application,
    createdAt: new Date().toISOString(),
    question: null,
    promptSource: 'by-hand',
    scene: { path, ...(await ports.digestFile(path, signal)), width: info.width, height: info.height },
    transform,
    crs: crs === null ? null : { ...(crs.epsg === undefined ? {} : { epsg: crs.epsg }), name: crs.name, wkt: crs.wkt },
  };
}

async function withSource<T>(
  { rasters }: Pick<ExportPorts, 'rasters'>,
  path: string,
  signal: AbortSignal,
  work: (source: RasterSource) => Promise<T>,
): Promise<T> {
  const source = await rasters.open(path, signal);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}
