/** What the desktop gets back from a question: everything a person may look at and change. */
import type { DrawnInstance } from './drawn-instance.ts';
import type { WindowPx } from './geo.ts';
import type { ProviderUse } from './provider.ts';
import type { RunRecord } from './run-record.ts';

export interface AskResult {
  status: 'ok' | 'no-target';
  /** One per prompt, in the order in which the prompts were written. */
  instances: DrawnInstance[];
  windowPx: WindowPx;
  /** Provenance of what the model did, before any edit. */
  runRecord: RunRecord;
}

export interface ResegmentResult {
  /** One per prompt, same order. */
  instances: DrawnInstance[];
  provider: ProviderUse;
  timingsMs: Record<string, number>;
}
