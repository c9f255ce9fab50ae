/** One tile, start to end: read, ask, segment. */
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import { resizeRgb } from '../image/resize.ts';
import type { RasterSource } from '../ports.ts';
import { EncodedCrops } from '../query/encoded-crops.ts';
import type { PlacedMask } from '../query/instance-masks.ts';
import { viewDecimation } from '../query/model-view.ts';
import { placePrompts } from '../query/place-prompts.ts';
import { clipPrompts, promptToScene, type PromptShape } from '../query/prompt-frames.ts';
import type { ModelPorts, QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { segmentPrompts } from '../query/segment-prompts.ts';
import type { ProviderUse } from '../../contract/provider.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import { applyStretch, type Stretch } from '../raster/stretch.ts';
import type { Tile } from './plan-tiles.ts';
import { runsOfGrid } from './run-length-mask.ts';
import { skipReason, type SkipReason } from './skip-tile.ts';
import type { TileAnswer, TileInstance } from './tile-answer.ts';

/** What all tiles of a scene have in common. */
export interface TileScene {
  readonly source: RasterSource;
  readonly bands: readonly number[];
  /** One for the whole scene: an object looks the same in every tile. */
  readonly stretch: Stretch;
  /** What was asked about; objects may end at its edge. */
  readonly targetPx: WindowPx;
}

/** Coordinates that models write are this coarse: a box so near to an edge may well go on beyond it. */
const edgeShare = 0.02;

/** Reads a tile. @returns why it is skipped, or the view that models look at. */
export async function readTile(
  scene: TileScene,
  { windowPx }: Tile,
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

/**
 * Asks about a tile that was read. An answer that cannot be understood fails the tile, not the scene.
 *
 * @throws Think2SegError for anything else that goes wrong.
 */
export async function answerTile(
  ports: ModelPorts,
  view: SceneView,
  { targetPx }: TileScene,
  tile: Tile,
  input: { readonly question: string; readonly mode: SegmentMode },
  context: QueryContext,
  options: StepOptions,
): Promise<{ answer: TileAnswer; provider: ProviderUse }> {
  let placed;
  try {
    placed = await placePrompts(ports, view, { ...input, promptSource: { kind: 'model' } }, context, options);
  } catch (thrown) {
    if (thrown instanceof Think2SegError && thrown.code === 'ANSWER_MALFORMED') {
      const { code, message } = thrown;
      return {
        answer: { tile: tile.index, state: 'failed', code, message },
        provider: { lvlm: null, segmenter: null },
      };
    }
    throw thrown;
  }
  const shapesScenePx = placed.prompts.map((prompt) => promptToScene(prompt, placed.frame, view.windowPx));
  const clipped = clipPrompts(placed.prompts, shapesScenePx, view.windowPx);
  const segmented = await segmentPrompts(ports, view, clipped, { mode: input.mode, cropChoice: 'planned' }, options);
  return {
    answer: {
      tile: tile.index,
      state: 'answered',
      reasoning: placed.reasoning ?? '',
      instances: segmented.masks.map((mask) => tileInstance(mask, tile.windowPx, targetPx)),
    },
    provider: { lvlm: placed.reasonerProvider, segmenter: segmented.provider },
  };
}

function tileInstance(placed: PlacedMask, tilePx: WindowPx, targetPx: WindowPx): TileInstance {
  const { index, shapeScenePx, mask, width, height, gridToScene, score } = placed;
  const runs = runsOfGrid(mask, width, height, gridToScene);
  const boxScenePx = extentOf(shapeScenePx);
  return {
    index,
    boxScenePx,
    promptScenePx: promptOf(shapeScenePx),
    score,
    runs,
    isComplete: !reachesInnerEdge(boxScenePx, tilePx, targetPx) && !runsReachInnerEdge(runs, tilePx, targetPx),
  };
}

function extentOf({ box, positivePoints }: PromptShape): TileInstance['boxScenePx'] {
  if (box !== null) {
    return [...box];
  }
  const xs = positivePoints.map(([x]) => x);
  const ys = positivePoints.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function promptOf({ box, positivePoints, negativePoints }: PromptShape): Prompt {
  return {
    ...(box === null ? {} : { bbox_2d: [...box] as [number, number, number, number] }),
    ...(positivePoints.length === 0
      ? {}
      : { positive_points: positivePoints.map(([x, y]): [number, number] => [x, y]) }),
    ...(negativePoints.length === 0
      ? {}
      : { negative_points: negativePoints.map(([x, y]): [number, number] => [x, y]) }),
  };
}

/** Whether a box comes near an edge of the tile beyond which there is more to see. */
function reachesInnerEdge(box: TileInstance['boxScenePx'], tilePx: WindowPx, targetPx: WindowPx): boolean {
  const nearX = tilePx.width * edgeShare;
  const nearY = tilePx.height * edgeShare;
  const inner = innerEdges(tilePx, targetPx);
  return (
    (inner.left && box[0] <= tilePx.x + nearX) ||
    (inner.top && box[1] <= tilePx.y + nearY) ||
    (inner.right && box[2] >= tilePx.x + tilePx.width - nearX) ||
    (inner.bottom && box[3] >= tilePx.y + tilePx.height - nearY)
  );
}

function runsReachInnerEdge(runs: readonly number[], tilePx: WindowPx, targetPx: WindowPx): boolean {
  const inner = innerEdges(tilePx, targetPx);
  for (let i = 0; i < runs.length; i += 3) {
    if (
      (inner.top && runs[i] === tilePx.y) ||
      (inner.bottom && runs[i] === tilePx.y + tilePx.height - 1) ||
      (inner.left && runs[i + 1]! <= tilePx.x) ||
      (inner.right && runs[i + 2]! >= tilePx.x + tilePx.width)
    ) {
      return true;
    }
  }
  return false;
}

function innerEdges(tilePx: WindowPx, targetPx: WindowPx): Record<'left' | 'top' | 'right' | 'bottom', boolean> {
  return {
    left: tilePx.x > targetPx.x,
    top: tilePx.y > targetPx.y,
    right: tilePx.x + tilePx.width < targetPx.x + targetPx.width,
    bottom: tilePx.y + tilePx.height < targetPx.y + targetPx.height,
  };
}
