/** The first step of every query: which part of the scene in which bands, and the picture of it that models look at. */
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RasterSource } from '../ports.ts';
import { chooseRgbBands } from '../raster/rgb-bands.ts';
import { readModelView, type ModelView } from './model-view.ts';
import type { QueryContext, StepOptions } from './query-ports.ts';
import { resolveTarget } from './target-window.ts';

export interface SceneView {
  readonly source: RasterSource;
  /** What was pointed at, cut at the edge of the scene. */
  readonly windowPx: WindowPx;
  /** 1-based bands that are shown as red, green and blue. */
  readonly bands: readonly number[];
  readonly model: ModelView;
  /** Set when the target was cut. */
  readonly warning?: string;
}

function checkBands(bands: readonly number[], bandCount: number): void {
  const unknown = bands.find((band) => band < 1 || band > bandCount);
  if (unknown !== undefined) {
    throw new Think2SegError(
      'BAND_UNKNOWN',
      `band ${unknown} was asked for, the scene has bands 1 to ${bandCount}; choose others with --bands`,
    );
  }
}

/** One band is shown as grey. */
function asRgb(bands: readonly number[]): readonly number[] {
  const [first = 1] = bands;
  return bands.length === 1 ? [first, first, first] : bands;
}

/** @throws BAND_UNKNOWN, WINDOW_NO_DATA, and what `resolveTarget` and the raster throw. */
export async function readSceneView(
  source: RasterSource,
  input: Pick<SegmentInput, 'target' | 'bands'>,
  context: Pick<QueryContext, 'frame'>,
  { stopwatch, signal }: StepOptions,
): Promise<SceneView> {
  const { info, transform } = source;
  const target = resolveTarget(input.target, { width: info.width, height: info.height, transform });
  const bands = input.bands === null ? chooseRgbBands(info) : asRgb(input.bands);
  checkBands(bands, info.bands.length);
  const model = await stopwatch.time('read', () =>
    readModelView(source, target.windowPx, bands, context.frame, signal),
  );
  return { source, bands, model, ...target };
}
