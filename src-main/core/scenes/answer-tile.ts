/** One tile that was read: ask, segment. */
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import type { PlacedMask } from '../query/instance-masks.ts';
import type { PromptShape } from '../query/prompt-frames.ts';
import type { ModelLoaders, QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { segmentPrompts } from '../query/segment-prompts.ts';
import { askTile } from './ask-tile.ts';
import type { Tile } from './plan-tiles.ts';
import type { TileScene } from './read-tile.ts';
import { runsOfGrid } from './run-length-mask.ts';
import type { TileAnswer, TileInstance } from './tile-answer.ts';
import { cutSides } from './tile-edges.ts';

/**
 * Asks about a tile that was read. An answer that cannot be understood fails the tile, not the scene.
 *
 * @throws Think2SegError for anything else that goes wrong.
 */
export async function answerTile(
  models: ModelLoaders,
  view: SceneView,
  { targetPx }: TileScene,
  tile: Tile,
  input: { readonly question: string; readonly mode: SegmentMode },
  context: QueryContext,
  options: StepOptions,
): Promise<TileAnswer> {
  const named = await askTile(models, view, input.question, context, options);
  if (named instanceof Think2SegError) {
    return { tile: tile.index, state: 'failed', code: named.code, message: named.message };
  }
  const segmented = await segmentPrompts(
    models,
    view,
    named.prompts,
    { mode: input.mode, cropChoice: 'planned' },
    options,
  );
  return {
    tile: tile.index,
    state: 'answered',
    provider: { lvlm: named.provider, segmenter: segmented.provider },
    reasoning: named.reasoning,
    instances: segmented.masks.map((mask) => tileInstance(mask, tile.windowPx, targetPx)),
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
    cutSides: cutSides(boxScenePx, runs, tilePx, targetPx),
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
