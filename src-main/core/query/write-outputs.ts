/** Everything a query leaves on disk: vector files, mask GeoTIFF, overlay picture. */
import { resolve } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { Geotransform } from '../../contract/geo.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import { checkVectorFormat, layerNameOf } from '../export/feature-writer.ts';
import { writeMaskGeoTiff } from '../export/mask-geotiff.ts';
import { drawOverlayPng } from '../export/overlay-png.ts';
import { checkOutputWritable, withAtomicOutputs } from '../files/atomic-write.ts';
import { outputFilesOf, pictureLeftovers } from '../files/output-files.ts';
import { refuseInput } from '../files/refuse-input.ts';
import type { FeatureWriter, WrittenFiles } from '../ports.ts';
import { applyStretch } from '../raster/stretch.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import { labelGrid } from './label-grid.ts';
import type { OutlinedInstance } from './outline.ts';
import { shapeToImage } from './prompt-frames.ts';
import type { SceneView } from './scene-view.ts';
import { windowTransform } from './target-window.ts';

export interface QueryOutputs {
  readonly input: SegmentInput;
  readonly view: SceneView;
  readonly outlined: readonly OutlinedInstance[];
  readonly runRecord: RunRecord;
}

/** Long side of the overlay picture. Small windows are enlarged by a whole factor so that outlines stay readable. */
const defaultOverlaySidePx = 1024;
/** A mask is held in memory as 16-bit numbers: this is 4 GB of them. */
const maxMaskPixels = 2 ** 31;

/** Fails before any work is done when an output could not be written in the end. */
export async function checkOutputs(input: SegmentInput): Promise<void> {
  const named = [
    ...input.outputPaths,
    ...[input.maskPath, input.overlayPath].filter((path): path is string => path !== null),
  ];
  const files = named.flatMap(outputFilesOf).map((path) => resolve(path));
  const twice = files.find((path, index) => files.indexOf(path) !== index);
  if (twice !== undefined) {
    throw new Think2SegError('USAGE', `two outputs would write ${twice}; give every output a name of its own`);
  }
  for (const [path, extension] of [
    [input.maskPath, '.tif'],
    [input.overlayPath, '.png'],
  ] as const) {
    if (path !== null && !path.toLowerCase().endsWith(extension)) {
      throw new Think2SegError('OUTPUT_FORMAT', `got ${path}, expected a name that ends in ${extension}`);
    }
  }
  input.outputPaths.forEach(checkVectorFormat);
  await refuseInput(input.rasterPath, named);
  for (const path of named) {
    await checkOutputWritable(path, input.overwrite, input.scratchName);
  }
}

/** Writes them one after the other. */
export async function writeOutputs(
  writer: FeatureWriter,
  outputs: QueryOutputs,
  { signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress },
): Promise<WrittenFiles> {
  const { input, view, runRecord } = outputs;
  const written: string[] = [];
  const warnings: string[] = [];
  for (const path of input.outputPaths) {
    onProgress({ stage: 'writing' });
    const layer = await writer.write(
      {
        path,
        layerName: layerNameOf(path),
        features: outputs.outlined.map(({ feature }) => feature),
        crs: view.source.crs,
        runRecord,
        overwrite: input.overwrite,
        scratchName: input.scratchName,
      },
      signal,
    );
    written.push(...layer.files);
    warnings.push(...layer.warnings);
  }
  if (input.maskPath !== null) {
    onProgress({ stage: 'writing' });
    written.push(...(await writeMask(input.maskPath, outputs, signal)));
  }
  if (input.overlayPath !== null) {
    onProgress({ stage: 'writing' });
    await writeOverlay(input.overlayPath, outputs, signal);
    written.push(input.overlayPath);
  }
  return { files: written, warnings };
}

async function writeMask(path: string, outputs: QueryOutputs, signal: AbortSignal): Promise<string[]> {
  const { view, outlined, runRecord, input } = outputs;
  const { source, windowPx } = view;
  if (windowPx.width * windowPx.height > maxMaskPixels) {
    throw new Think2SegError(
      'OUTPUT_TOO_LARGE',
      `a mask of ${windowPx.width} x ${windowPx.height} pixels was asked for, expected at most ${maxMaskPixels} pixels; choose a window`,
    );
  }
  const data = labelGrid(
    outlined.map(({ placed, feature }) => ({ ...placed, instance: feature.instance })),
    windowPx,
  );
  return writeMaskGeoTiff(
    {
      path,
      width: windowPx.width,
      height: windowPx.height,
      data,
      transform: source.transform === null ? null : windowTransform(source.transform, windowPx),
      crs: source.crs,
      runRecord,
      overwrite: input.overwrite,
      scratchName: input.scratchName,
    },
    signal,
  );
}

async function writeOverlay(path: string, outputs: QueryOutputs, signal: AbortSignal): Promise<void> {
  const { view, outlined, input } = outputs;
  const { source, windowPx, bands, model } = view;
  const overlaySidePx = input.overlaySidePx ?? defaultOverlaySidePx;
  const longSide = Math.max(windowPx.width, windowPx.height);
  const scale = longSide < overlaySidePx ? Math.floor(overlaySidePx / longSide) : overlaySidePx / longSide;
  const outWidth = Math.max(1, Math.round(windowPx.width * scale));
  const outHeight = Math.max(1, Math.round(windowPx.height * scale));
  const window = await source.readWindow({ windowPx, outWidth, outHeight, bands }, signal);
  const image = applyStretch(window, model.stretch);
  const scaleX = outWidth / windowPx.width;
  const scaleY = outHeight / windowPx.height;
  const sceneToImage: Geotransform = [scaleX, 0, -windowPx.x * scaleX, 0, scaleY, -windowPx.y * scaleY];
  const png = drawOverlayPng(
    image,
    outlined.map(({ polygonsScenePx, placed }) => ({
      polygonsImagePx: affinePolygons(polygonsScenePx, sceneToImage),
      promptImagePx: shapeToImage(placed.shapeScenePx, windowPx, image),
    })),
  );
  await withAtomicOutputs(
    [path],
    {
      overwrite: input.overwrite,
      scratchName: input.scratchName,
      obsolete: pictureLeftovers.map((end) => path + end),
      signal,
    },
    async ([temporaryPath], files) => files.writeFile(temporaryPath, png),
  );
}
