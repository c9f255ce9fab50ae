import type { Geotransform } from '../../contract/geo.ts';
import { Think2SegError } from '../../contract/errors.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import type { DrawnValidity, SceneDisplay } from '../../contract/scene-display.ts';
import { groundScale } from '../crs/ground-scale.ts';
import { displayCopy } from './display-copy.ts';
import { whyNotDrawable } from './drawable.ts';
import { openScene } from './open-raster.ts';
import { chooseRgbBands } from './rgb-bands.ts';
import type { RasterWindow } from '../ports.ts';
import type { Scene } from './scene.ts';
import { boundsOf } from './scene-description.ts';
import { percentileRange } from './stretch.ts';

/** Where GIS programs show an image without georeference. */
const pixelsAsMap: Geotransform = [1, 0, 0, 0, -1, 0];

/** Percentiles are taken from so many pixels at most, evenly averaged over the scene. */
const percentilePixels = 1_000_000;

const byteRange = { low: 0, high: 255 };

/**
 * What a map needs to draw a scene. A scene that the map cannot read is copied into `cacheDirectory` first, with progress.
 *
 * @throws Think2SegError what opening and copying throw.
 */
export async function sceneDisplay(
  path: string,
  cacheDirectory: string,
  caller: { signal: AbortSignal; onProgress: OnProgress },
): Promise<SceneDisplay> {
  const scene = await openScene(path, caller.signal);
  try {
    const { info, crs } = scene;
    const transform = scene.transform ?? pixelsAsMap;
    const boundsMap = boundsOf(transform, info.width, info.height);
    const scale = groundScale(crs, [(boundsMap[0] + boundsMap[2]) / 2, (boundsMap[1] + boundsMap[3]) / 2]);
    const isPalette = scene.palette !== null;
    const reason = await whyNotDrawable(info, isPalette);
    const file = reason === null ? { path } : await copyFor(scene, transform, reason, cacheDirectory, caller);
    return {
      info,
      proj4: crs?.proj4 ?? null,
      transform,
      boundsMap,
      metresPerUnit: scale?.xM ?? null,
      file,
      isPalette,
      rgbBands: isPalette ? [1, 2, 3] : chooseRgbBands(info),
      validity: drawnValidity(scene, file.path),
      ...(await measuresOf(scene, file.path, caller.signal)),
    };
  } finally {
    await scene.close();
  }
}

async function copyFor(
  scene: Scene,
  transform: Geotransform,
  reason: string,
  cacheDirectory: string,
  caller: { signal: AbortSignal; onProgress: OnProgress },
): Promise<SceneDisplay['file']> {
  const { path, decimation } = await displayCopy(scene, transform, cacheDirectory, caller);
  const coarser =
    decimation === 1 ? '' : `; the copy shows every ${decimation}th pixel, as the scene is too large to copy whole`;
  return { path, copyReason: `${reason}${coarser}` };
}

/** A copy says by its mask what a map cannot tell from the samples that are shown. */
function drawnValidity({ rule, palette, info }: Scene, drawnPath: string): DrawnValidity {
  const isSaidByMask = palette !== null || (rule.kind === 'pixel-nodata' && drawnPath !== info.path);
  return isSaidByMask || rule.kind === 'all' ? { kind: 'mask' } : rule;
}

/** Read from the file that is drawn, whose overviews make this quick; no band is read twice. */
async function measuresOf(
  scene: Scene,
  drawnPath: string,
  signal: AbortSignal,
): Promise<Pick<SceneDisplay, 'percentiles' | 'isEmpty'>> {
  const drawn = drawnPath === scene.info.path ? scene : await openScene(drawnPath, signal);
  try {
    if (scene.palette !== null) {
      const bands = [...drawn.info.bands.keys()];
      return { percentiles: [byteRange, byteRange, byteRange], isEmpty: await areEmpty(drawn, bands, signal) };
    }
    const percentiles: SceneDisplay['percentiles'] = [];
    const unread: number[] = [];
    let hasData = false;
    for (const band of scene.info.bands.keys()) {
      if (isByteColor(scene.info, band)) {
        percentiles.push(byteRange);
        unread.push(band);
        continue;
      }
      const window = await readAll(drawn, band, signal);
      const [low, high] = percentileRange(window.bands[0]!, window.valid);
      percentiles.push({ low, high });
      hasData ||= window.valid.includes(1);
    }
    return { percentiles, isEmpty: !hasData && (await areEmpty(drawn, unread, signal)) };
  } finally {
    if (drawn !== scene) {
      await drawn.close();
    }
  }
}

/** Whether none of the bands has anything. Mostly one of them tells: it ends with the first that has. */
async function areEmpty(drawn: Scene, bands: readonly number[], signal: AbortSignal): Promise<boolean> {
  const mayBe = drawn.rule.kind !== 'all' || drawn.info.bands.some(({ type }) => type.startsWith('float'));
  if (!mayBe) {
    return false;
  }
  try {
    for (const band of bands) {
      if ((await readAll(drawn, band, signal)).valid.includes(1)) {
        return false;
      }
    }
    return true;
  } catch (thrown) {
    // A scene of which some can be read is shown; the map says which part cannot.
    if (thrown instanceof Think2SegError && thrown.code === 'INPUT_CORRUPT') {
      return false;
    }
    throw thrown;
  }
}

function readAll(drawn: Scene, band: number, signal: AbortSignal): Promise<RasterWindow> {
  const { width, height } = drawn.info;
  const share = Math.min(1, Math.sqrt(percentilePixels / (width * height)));
  const request = {
    windowPx: { x: 0, y: 0, width, height },
    outWidth: Math.max(1, Math.round(width * share)),
    outHeight: Math.max(1, Math.round(height * share)),
    bands: [band + 1],
  };
  return drawn.readWindow(request, signal);
}

/** Whether a band is one of several 8-bit ones that are shown as they are, as the models see them. */
function isByteColor({ bands }: SceneInfo, band: number): boolean {
  return bands[band]?.type === 'uint8' && new Set(chooseRgbBands({ bands })).size === 3;
}
