/** The manifest of a batch: one JSON object a line, appended as scenes are finished. A public contract: keys may be added, not changed. */
import { z } from 'zod';
import { targetSchema } from './routes.ts';

const rasterSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  mtimeMs: z.number(),
  /** Of the file; sidecars count for the id of the work, not here. */
  sha256: z.string(),
});

const askedSchema = {
  kind: z.literal('item'),
  /** Names the work before the raster was read: path, question, target, options. */
  key: z.string(),
  path: z.string(),
  question: z.string(),
  target: targetSchema,
  finishedAt: z.string(),
  wallMs: z.number(),
};

const doneSchema = z.object({
  ...askedSchema,
  state: z.literal('done'),
  /** Names the work by content: sums of raster and sidecars, name, question, target, pack, options. */
  id: z.string(),
  raster: rasterSchema,
  status: z.enum(['ok', 'no-target']),
  reasoning: z.string().nullable(),
  features: z.number().int(),
  areaM2: z.number().nullable(),
  crs: z.object({ epsg: z.number().optional(), name: z.string(), wkt: z.string() }).nullable(),
  /** Relative to the folder of the manifest. */
  outputs: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  timingsMs: z.record(z.string(), z.number()),
  warnings: z.array(z.string()),
});

const failedSchema = z.object({
  ...askedSchema,
  state: z.literal('failed'),
  code: z.string(),
  message: z.string(),
  /** Null when the raster could not be read at all. */
  raster: rasterSchema.nullable(),
});

const startSchema = z.object({
  kind: z.literal('start'),
  schema: z.literal(1),
  at: z.string(),
  application: z.object({ name: z.string(), version: z.string() }),
  pack: z.object({ id: z.string(), sha256: z.string() }),
  shard: z.object({ index: z.number().int(), count: z.number().int() }).nullable(),
  /** Work that this run was asked for, done before or not. */
  items: z.number().int(),
});

export const manifestLineSchema = z.union([startSchema, doneSchema, failedSchema]);

export type ManifestLine = z.infer<typeof manifestLineSchema>;
export type StartLine = z.infer<typeof startSchema>;
export type DoneLine = z.infer<typeof doneSchema>;
export type FailedLine = z.infer<typeof failedSchema>;

/** What a batch came to, and the last line of `think2seg batch --json`. */
export interface BatchResult {
  schema: 1;
  items: number;
  /** Finished in this run. */
  done: number;
  /** Finished without a target, in this run and before. */
  noTarget: number;
  /** Finished by an earlier run, unchanged since. */
  alreadyDone: number;
  failed: number;
  /** Not looked at, because the batch was stopped. */
  remaining: number;
  features: number;
  areaM2: number;
  wallMs: number;
  failures: { path: string; question: string; code: string; message: string }[];
  /** Files about the whole batch: manifest, summary page, merged GeoPackage. */
  outputs: string[];
}

export type BatchEvent =
  | { kind: 'item-started'; path: string; question: string }
  | { kind: 'item-finished'; line: DoneLine | FailedLine; finished: number; failed: number; total: number }
  | { kind: 'note'; note: string };
