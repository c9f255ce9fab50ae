/** What an engine asks of a lane, a thread that holds models of its own. */
import type {
  InstanceMask,
  LvlmFiles,
  LvlmRecipe,
  Reasoner,
  ReasonRequest,
  ReasonResult,
  RgbImage,
  Segmenter,
  SegmenterFiles,
  SegmenterPrompt,
} from '../../core/ports.ts';
import type { Reply } from '../running-requests.ts';

/** `workerData` of the thread. A lane computes on one thread of the CPU. */
export interface LaneStart {
  readonly lvlm: LvlmFiles;
  readonly recipe: LvlmRecipe;
  readonly segmenter: SegmenterFiles;
}

export interface LaneCalls {
  openReasoner: { input: null; output: Pick<Reasoner, 'provider' | 'frame'> };
  reason: { input: ReasonRequest; output: ReasonResult };
  openSegmenter: { input: null; output: Pick<Segmenter, 'provider' | 'maskSource' | 'needsBoxes' | 'inputSize'> };
  /** The lane keeps the image under this number until it has encoded `callersPerLane` others. */
  encode: { input: { imageNumber: number; image: RgbImage }; output: { computedMs: number } };
  /** Null when the image is not kept any more. */
  segment: {
    input: { imageNumber: number; prompts: readonly SegmenterPrompt[] };
    output: { masks: readonly InstanceMask[]; computedMs: number } | null;
  };
}

export type LaneCallName = keyof LaneCalls;

/** Each asks about one image at a time. While the answer to one of them is looked at, the lane computes for another. */
export const callersPerLane = 2;

export type LaneRequest =
  | { [Name in LaneCallName]: { kind: 'call'; id: number; name: Name; input: LaneCalls[Name]['input'] } }[LaneCallName]
  | { kind: 'cancel'; id: number };

export type LaneReply = Reply<LaneCalls[LaneCallName]['output']>;
