import type { BatchNews } from './batch.ts';

/** Steps of a query in the order in which a user meets them, then those of work on many queries. */
export const stages = [
  'loading',
  'reading',
  'seeing',
  'thinking',
  'placing',
  'segmenting',
  'outlining',
  'writing',
  'evaluating',
  'batch',
] as const;

export type Stage = (typeof stages)[number];

/** One step of progress; what is known at that moment is filled in. */
export interface ProgressEvent {
  stage: Stage;
  done?: number;
  total?: number;
  /** New text of the answer, as it is written. */
  text?: string;
  tokensPerSecond?: number;
  /** Something the user should see, such as a provider that was not available. */
  note?: string;
  /** Of stage `batch`. */
  batch?: BatchNews;
}

export type OnProgress = (event: ProgressEvent) => void;
