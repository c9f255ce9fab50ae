import type { Geotransform, WindowPx } from './geo.ts';
import type { Prompt } from './prompt.ts';
import type { ProviderUse } from './provider.ts';
import type { RunRecord, ScaleRecord, SegmentMode } from './run-record.ts';

/** The last line of `think2seg segment --json`. A public contract: keys may be added, not changed. */
export interface SegmentResult {
  schema: 1;
  status: 'ok' | 'no-target';
  /** In the pixels of `promptFrame`. */
  prompts: Prompt[];
  /** `scene-px` are pixels of the raster; the other frames cover `window`. */
  promptFrame: RunRecord['promptFrame'];
  reasoning: string | null;
  /** Number of features. */
  features: number;
  /** Sum of geodesic areas; null when the scene has no coordinate reference system on the Earth. */
  areaM2: number | null;
  outputs: string[];
  window: WindowPx;
  /** Pixel of the raster to `crs`; null without georeference. */
  transform: Geotransform | null;
  crs: { epsg?: number; name: string; wkt: string } | null;
  mode: SegmentMode;
  pack: { id: string; sha256: string };
  provider: ProviderUse;
  timingsMs: Record<string, number>;
  warnings: string[];
  /** Present when `--scale` was given. */
  scale?: ScaleRecord;
}
