/** An object that tiles cut off, made whole: its tiles say how far it goes, else the language model, else its mask. */
import { Think2SegError } from '../../contract/errors.ts';
import type { ProviderUse } from '../../contract/provider.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import type { WindowPx } from '../../contract/geo.ts';
import { promptOfShape, type PromptShape } from '../query/prompt-frames.ts';
import type { ModelLoaders, QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { askAround } from './ask-around.ts';
import { askTile } from './ask-tile.ts';
import type { SeenObject } from './merge-tiles.ts';
import { readTile, type TileScene } from './read-tile.ts';
import { segmentObject } from './segment-object.ts';
import type { CompletedObject } from './tile-answer.ts';
import type { Box } from './tile-edges.ts';
import { wholeObject } from './whole-object.ts';

/** A picture of more tiles than this, or an outline in one window of that size, would be too coarse. */
export const mostTilesLong = 4;

export interface CompletionWork {
  readonly models: ModelLoaders;
  readonly scene: TileScene;
  /** The whole target. */
  readonly view: SceneView;
  readonly input: { readonly question: string; readonly mode: SegmentMode };
  readonly context: QueryContext;
  readonly tileSizePx: Pick<WindowPx, 'width' | 'height'>;
}

type Points = Pick<PromptShape, 'positivePoints' | 'negativePoints'>;

/** Depends on the object and the scene alone, so that it can be kept. */
export async function completeObject(
  seen: SeenObject,
  work: CompletionWork,
  options: StepOptions,
): Promise<CompletedObject> {
  const { models, scene, view, input, context, tileSizePx } = work;
  const provider: ProviderUse = { lvlm: null, segmenter: null };
  const segment = async (box: Box, points: Points) => {
    options.signal.throwIfAborted();
    const question = { scene, view, frame: context.frame, tileSizePx, mode: input.mode };
    const { provider: segmenter, ...mask } = await segmentObject(models, question, box, points, options);
    provider.segmenter = segmenter ?? provider.segmenter;
    return mask;
  };
  const ask = async (windowPx: WindowPx): Promise<readonly PromptShape[]> => {
    options.signal.throwIfAborted();
    const read = await readTile(scene, windowPx, context.frame, options);
    const named = typeof read === 'string' ? null : await askTile(models, read, input.question, context, options);
    // An answer that cannot be understood names nothing; the mask will tell.
    if (named === null || named instanceof Think2SegError) {
      return [];
    }
    provider.lvlm = named.provider;
    return named.prompts.map(({ shapeScenePx }) => shapeScenePx);
  };

  const object = [...seen.firstPart] as [number, number];
  if (seen.openSides.length > 0) {
    const named = await askAround(seen, tileSizePx, view.windowPx, mostTilesLong, ask);
    const mask = named === null ? null : await segment(named.box, named);
    if (named !== null && mask !== null && mask.runs.length > 0) {
      const whole = { ...mask, runs: [...mask.runs], boxScenePx: [...named.box] as Corners };
      return { object, whole: { ...whole, promptScenePx: promptOfShape(named) }, provider };
    }
  }
  const { promptScenePx } = seen;
  const points = {
    positivePoints: promptScenePx.positive_points ?? [],
    negativePoints: promptScenePx.negative_points ?? [],
  };
  const whole = await wholeObject(seen, view.windowPx, (box) => segment(box, points));
  if (whole === null) {
    return { object, whole: null, provider };
  }
  const boxScenePx = [...whole.boxScenePx] as Corners;
  return {
    object,
    whole: { ...whole, runs: [...whole.runs], boxScenePx, promptScenePx: { ...promptScenePx, bbox_2d: boxScenePx } },
    provider,
  };
}

type Corners = [number, number, number, number];
