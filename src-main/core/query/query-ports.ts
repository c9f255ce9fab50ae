/** What the steps of a query are given: the ports they work through and what the caller knows. */
import type { OnProgress } from '../../contract/progress.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { FeatureWriter, RasterReader, Reasoner, Segmenter } from '../ports.ts';
import type { AnswerSchema } from '../reason/parse-answer.ts';
import type { PromptFrame } from './prompt-frames.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface ModelLoaders {
  /** Called only when a question must be answered: prompts given by hand need no language model. */
  loadReasoner(signal: AbortSignal): Promise<Reasoner>;
  /** Called only when there is something to segment. */
  loadSegmenter(signal: AbortSignal): Promise<Segmenter>;
}

export interface ModelPorts extends ModelLoaders {
  /** SHA-256 and size of a whole scene file. */
  digestFile: (path: string, signal: AbortSignal) => Promise<{ bytes: number; sha256: string }>;
}

export interface QueryPorts extends ModelPorts {
  readonly rasters: RasterReader;
  readonly writer: FeatureWriter;
  /**
   * Models that answer side by side, each one question at a time; at least one. Tiles of a scene are asked through them. Without it there
   * are only those of these ports.
   */
  readonly openLanes?: (signal: AbortSignal) => Promise<readonly ModelLoaders[]>;
}

/** What the caller knows of the program and the pack; goes into the run record. */
export interface QueryContext {
  readonly application: RunRecord['application'];
  readonly pack: RunRecord['pack'];
  /** Size of the image the language model sees; its prompts are in these pixels. */
  readonly frame: PromptFrame;
  /** How many points the pack's model writes for one instance. */
  readonly answerSchema: AnswerSchema;
  /** Why a better provider did not run, once models are loaded. */
  providerNote: () => string | undefined;
}

export interface StepOptions {
  readonly stopwatch: Stopwatch;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}
