/** The first step of every query: which part of the scene in which bands, and the picture of it that models look at. */
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RasterSource } from '../ports.ts';
import { chooseRgbBands } from '../raster/rgb-bands.ts';
import { EncodedCrops } from './encoded-crops.ts';
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
  /** What a segmenter has encoded of it. */
  readonly crops: EncodedCrops;
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

/** What is looked at, before any pixel is read. @throws BAND_UNKNOWN, and what `resolveTarget` throws. */
export function chooseView(
  source: RasterSource,
  input: Pick<SegmentInput, 'target' | 'bands'>,
): Pick<SceneView, 'windowPx' | 'bands' | 'warning'> {
  const { info, transform } = source;
  const target = resolveTarget(input.target, { width: info.width, height: info.height, transform });
  const bands = input.bands === null ? chooseRgbBands(info) : asRgb(input.bands);
  checkBands(bands, info.bands.length);
  return { bands, ...target };
}

/**
 * @param keptCrops how many encoded images the view keeps for later prompts.
 * @throws WINDOW_NO_DATA, and what `chooseView` and the raster throw.
 */
export async function readSceneView(
  source: RasterSource,
  input: Pick<SegmentInput, 'target' | 'bands'>,
  { frame, keptCrops }: Pick<QueryContext, 'frame'> & { keptCrops: number },
  { stopwatch, signal }: StepOptions,
): Promise<SceneView> {
  const chosen = chooseView(source, input);
  const model = await stopwatch.time('read', () => readModelView(source, chosen.windowPx, chosen.bands, frame, signal));
  return { source, model, crops: new EncodedCrops(keptCrops), ...chosen };
}
