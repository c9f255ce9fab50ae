import type { BoundingBox, Geotransform, WindowPx } from './geo.ts';
import type { Prompt } from './prompt.ts';
import type { ProviderUse } from './provider.ts';
import type { Review } from './review.ts';

export type SegmentMode = 'native' | 'reference';

/** Provenance of shapes that no question gave: drawn, or segmented at prompts that a person placed. */
export interface HandRecord {
  schema: 1;
  application: RunRecord['application'];
  createdAt: string;
  question: null;
  promptSource: 'by-hand';
  scene: Omit<RunRecord['scene'], 'bands'>;
  transform: Geotransform | null;
  crs: RunRecord['crs'];
  reviews?: Review[];
}

/** Provenance of one query: enough to repeat it and to audit it. Stored with every output. */
export interface RunRecord {
  schema: 1;
  application: { name: string; version: string };
  createdAt: string;
  question: string | null;
  status: 'ok' | 'no-target';
  /** Where the prompts came from. */
  promptSource: 'model' | 'answer-file' | 'prompts-file';
  reasoning: string | null;
  /** The model's answer, letter by letter; null when prompts were given by hand. */
  rawAnswer: string | null;
  /** Prompts as parsed, after overlap removal and before clipping. */
  prompts: Prompt[];
  promptFrame: { name: 'model-frame-px' | 'window-px' | 'scene-px'; width: number; height: number };
  scene: { path: string; bytes: number; sha256: string; width: number; height: number; bands: number[] };
  windowPx: WindowPx;
  windowBoundsMap: BoundingBox | null;
  transform: Geotransform | null;
  crs: { epsg?: number; name: string; wkt: string } | null;
  mode: SegmentMode;
  simplifyPx: number;
  minAreaM2: number;
  pack: { id: string; version: string; sha256: string };
  provider: ProviderUse;
  timingsMs: Record<string, number>;
  warnings: string[];
  /** How the scene was looked at; absent for one picture of the whole window because nobody asked otherwise. */
  scale?: ScaleRecord;
  /** What was made of the answer since, oldest first: one for each file of the desktop that it went through. Absent for files as the models gave them. */
  reviews?: Review[];
  /** Of the other answers in the same file, oldest first; absent where all of it comes from this one. */
  otherRuns?: RunRecord[];
}

/** Whether a question was asked once of the whole window or of each of its tiles, and why. */
export type ScaleRecord =
  | { name: 'whole'; reason: string }
  | {
      name: 'tiles';
      reason: string;
      tiles: number;
      tileSizePx: { width: number; height: number };
      answered: number;
      failed: number;
      /** Tiles with nothing to see. */
      skipped: { nodata: number; uniform: number; white: number };
      /** Instances in tiles, before those of neighbours were joined. */
      partsFound: number;
      /** Objects that tiles cut off. */
      seams: {
        /** Segmented again, in one piece. */
        completed: number;
        /** That no segmentation found an end of; they stay as the tiles saw them. */
        leftCut: number;
        /** That turned out to be an object which was there already. */
        sameAsOther: number;
      };
    };
