import type { WindowPx } from './geo.ts';
import type { Prompt } from './prompt.ts';
import type { ProviderUse } from './provider.ts';
import type { ScaleRecord, SegmentMode } from './run-record.ts';

/** The last line of `think2seg segment --json`. A public contract: keys may be added, not changed. */
export interface SegmentResult {
  schema: 1;
  status: 'ok' | 'no-target';
  prompts: Prompt[];
  reasoning: string | null;
  /** Number of features. */
  features: number;
  /** Sum of geodesic areas; null when the scene has no coordinate reference system on the Earth. */
  areaM2: number | null;
  outputs: string[];
  window: WindowPx;
  crs: { epsg?: number; name: string; wkt: string } | null;
  mode: SegmentMode;
  pack: { id: string; sha256: string };
  provider: ProviderUse;
  timingsMs: Record<string, number>;
  warnings: string[];
  /** Present when `--scale` was given. */
  scale?: ScaleRecord;
}
