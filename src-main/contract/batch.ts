/** The manifest of a batch: one JSON object a line, appended as scenes are finished. A public contract: keys may be added, not changed. */
import { z } from 'zod';
import { segmentInputSchema, targetSchema } from './routes.ts';

/** What a batch was asked for: enough to go on with it, for the window as for `think2seg batch`. */
export const batchRequestSchema = z.object({
  /** Absolute: files, folders, patterns. */
  inputs: z.array(z.string().min(1)),
  /** Absolute path of a file with further inputs. */
  listPath: z.string().min(1).nullable(),
  /** Absolute path of a table of rasters and questions. */
  tablePath: z.string().min(1).nullable(),
  questions: z.array(z.string().min(1)),
  /** Also one GeoPackage of all scenes. */
  merge: z.boolean(),
  options: segmentInputSchema
    .pick({
      bands: true,
      mode: true,
      simplifyPx: true,
      minAreaM2: true,
      connectivity: true,
      packDirectory: true,
      provider: true,
      threads: true,
      memoryBytes: true,
      shareGpu: true,
      scale: true,
    })
    .extend({
      /** Extensions with their dot. */
      formats: z.array(z.string().regex(/^\.[a-z]+$/)).min(1),
    }),
});

export type BatchRequest = z.infer<typeof batchRequestSchema>;

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

export const startLineSchema = z.object({
  kind: z.literal('start'),
  schema: z.literal(1),
  at: z.string(),
  application: z.object({ name: z.string(), version: z.string() }),
  pack: z.object({ id: z.string(), sha256: z.string() }),
  shard: z.object({ index: z.number().int(), count: z.number().int() }).nullable(),
  /** Work that this run was asked for, done before or not. */
  items: z.number().int(),
  /** Absent in manifests of older versions. */
  request: batchRequestSchema.optional(),
});

export const manifestLineSchema = z.union([startLineSchema, doneSchema, failedSchema]);

export type ManifestLine = z.infer<typeof manifestLineSchema>;
export type StartLine = z.infer<typeof startLineSchema>;
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
  /** Finished by an earlier run and unchanged since, or equal to a scene of this run. */
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

export interface BatchCounts {
  finished: number;
  failed: number;
  total: number;
}

export interface KnownState {
  key: string;
  state: 'done' | 'no-target' | 'failed';
  features: number | null;
  code: string | null;
  message: string | null;
}

export type BatchEvent =
  | { kind: 'item-started'; key: string; path: string; question: string }
  /** Done or failed before, and not looked at again. */
  | ({ kind: 'item-known'; path: string; question: string } & KnownState & BatchCounts)
  | ({ kind: 'item-finished'; line: DoneLine | FailedLine } & BatchCounts)
  | { kind: 'note'; note: string };

/** What the window hears of a batch. */
export type BatchNews = BatchEvent | { kind: 'planned'; items: { key: string; path: string; question: string }[] };
