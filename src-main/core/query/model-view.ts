/** The picture of the window that models look at. */
import type { WindowPx } from '../../contract/geo.ts';
import { Think2SegError } from '../../contract/errors.ts';
import { freeMemory } from '../free-memory.ts';
import { resizeRgb } from '../image/resize.ts';
import type { RasterSource, RasterWindow, RgbImage } from '../ports.ts';
import { applyStretch, computeStretch, type Stretch } from '../raster/stretch.ts';

export interface ModelView {
  /** The window at the size of the frame, aspect not kept. */
  readonly imageModel: RgbImage;
  /** 1 = valid, on the pixels of `readWidth x readHeight`. */
  readonly valid: Uint8Array;
  readonly readWidth: number;
  readonly readHeight: number;
  /** How samples become 8-bit colours; crops of the same window use the same stretch. */
  readonly stretch: Stretch;
}

/**
 * Largest power-of-two decimation that leaves at least twice the frame in both directions, so that the Lanczos resize that
 * follows still sees more detail than it keeps, and reading a huge scene costs no more than its overview.
 */
export function viewDecimation(windowPx: WindowPx, frame: { width: number; height: number }): number {
  let decimation = 1;
  while (
    windowPx.width / (decimation * 2) >= frame.width * 2 &&
    windowPx.height / (decimation * 2) >= frame.height * 2
  ) {
    decimation *= 2;
  }
  return decimation;
}

/** @throws WINDOW_NO_DATA when the window has no valid pixel. */
export async function readModelView(
  source: RasterSource,
  windowPx: WindowPx,
  bands: readonly number[],
  frame: { width: number; height: number },
  signal: AbortSignal,
): Promise<ModelView> {
  const decimation = viewDecimation(windowPx, frame);
  const window: RasterWindow = await source.readWindow(
    {
      windowPx,
      outWidth: Math.ceil(windowPx.width / decimation),
      outHeight: Math.ceil(windowPx.height / decimation),
      bands,
    },
    signal,
  );
  if (!window.valid.includes(1)) {
    throw new Think2SegError(
      'WINDOW_NO_DATA',
      `the window ${windowPx.x},${windowPx.y},${windowPx.width},${windowPx.height} has only nodata in bands ` +
        `${bands.join(', ')}; choose another window or other bands`,
    );
  }
  const stretch = computeStretch(window, source.info, bands);
  const imageWindow = applyStretch(window, stretch);
  const imageModel = resizeRgb(imageWindow, frame.width, frame.height, 'lanczos');
  freeMemory([imageWindow.data]);
  return {
    imageModel,
    valid: window.valid,
    readWidth: window.width,
    readHeight: window.height,
    stretch,
  };
}
