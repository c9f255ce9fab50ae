/** The picture of one tile, or why there is nothing to see on it. */
import type { WindowPx } from '../../contract/geo.ts';
import { resizeRgb } from '../image/resize.ts';
import type { RasterSource } from '../ports.ts';
import { EncodedCrops } from '../query/encoded-crops.ts';
import { viewDecimation } from '../query/model-view.ts';
import type { QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { applyStretch, type Stretch } from '../raster/stretch.ts';
import { skipReason, type SkipReason } from './skip-tile.ts';

/** What all tiles of a scene have in common. */
export interface TileScene {
  readonly source: RasterSource;
  readonly bands: readonly number[];
  /** One for the whole scene: an object looks the same in every tile. */
  readonly stretch: Stretch;
  /** What was asked about; objects may end at its edge. */
  readonly targetPx: WindowPx;
}

/** Reads a window as models see it. @returns why it need not be looked at, or the view. */
export async function readTile(
  scene: TileScene,
  windowPx: WindowPx,
  frame: QueryContext['frame'],
  { stopwatch, signal }: StepOptions,
): Promise<SceneView | SkipReason> {
  const { source, bands, stretch } = scene;
  const decimation = viewDecimation(windowPx, frame);
  const size = {
    outWidth: Math.ceil(windowPx.width / decimation),
    outHeight: Math.ceil(windowPx.height / decimation),
  };
  const window = await stopwatch.time('read', () => source.readWindow({ windowPx, bands, ...size }, signal));
  if (!window.valid.includes(1)) {
    return 'nodata';
  }
  const image = applyStretch(window, stretch);
  const skipped = skipReason(image, window.valid);
  if (skipped !== null) {
    return skipped;
  }
  return {
    source,
    windowPx,
    bands,
    model: {
      imageModel: resizeRgb(image, frame.width, frame.height, 'lanczos'),
      valid: window.valid,
      readWidth: window.width,
      readHeight: window.height,
      stretch,
    },
    crops: new EncodedCrops(0),
  };
}
