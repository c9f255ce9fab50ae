/** Asks the segmenter about one object of a scene, in a window around it that no tile cuts. */
import type { Prompt } from '../../contract/prompt.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { SegmentMode } from '../../contract/run-record.ts';
import type { PromptFrame, PromptShape } from '../query/prompt-frames.ts';
import type { ModelPorts, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { segmentPrompts, type SegmentedPrompts } from '../query/segment-prompts.ts';
import { readTile, type TileScene } from './read-tile.ts';
import { runsOfGrid } from './run-length-mask.ts';
import { windowAround, type Box } from './tile-edges.ts';
import type { WholeObject } from './whole-object.ts';

export interface ObjectQuestion {
  readonly scene: TileScene;
  /** The whole target; its stretch serves every window. */
  readonly view: SceneView;
  readonly frame: PromptFrame;
  /** In reference mode the window is as large as a tile, larger only for a larger object. */
  readonly tileSizePx: Pick<WindowPx, 'width' | 'height'>;
  readonly mode: SegmentMode;
}

/** Surroundings of an object that is larger than a tile, relative to it. */
const contextFactor = 1.25;

/** @param points hints on the object, in scene pixels. */
export async function segmentObject(
  ports: Pick<ModelPorts, 'loadSegmenter'>,
  { scene, view, frame, tileSizePx, mode }: ObjectQuestion,
  box: Box,
  points: Pick<PromptShape, 'positivePoints' | 'negativePoints'>,
  options: StepOptions,
): Promise<Pick<WholeObject, 'runs' | 'score'> & Pick<SegmentedPrompts, 'provider'>> {
  const shapeScenePx: PromptShape = { box, ...points };
  const prompt: Prompt = { bbox_2d: [...box] };
  // In native mode the segmenter step plans a window around the box by itself.
  const seen =
    mode === 'native'
      ? view
      : await readTile(scene, windowAround(box, contextFactor, tileSizePx, scene.targetPx), frame, options);
  if (typeof seen === 'string') {
    return { runs: [], score: 0, provider: null };
  }
  const { masks, provider } = await segmentPrompts(
    ports,
    seen,
    [{ index: 0, prompt, shapeScenePx }],
    { mode, cropChoice: 'planned' },
    options,
  );
  const [placed] = masks;
  return placed === undefined
    ? { runs: [], score: 0, provider }
    : {
        runs: runsOfGrid(placed.mask, placed.width, placed.height, placed.gridToScene),
        score: placed.score,
        provider,
      };
}
