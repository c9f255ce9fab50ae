/** Run records that arrive from outside, such as from a file that anyone may have written. Keys that are not named pass. */
import { z } from 'zod';
import { promptListSchema } from './prompt.ts';
import type { RunRecord } from './run-record.ts';

const windowSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

const oneRunSchema = z.looseObject({
  schema: z.literal(1),
  application: z.looseObject({ name: z.string(), version: z.string() }),
  createdAt: z.string(),
  question: z.string().nullable(),
  status: z.enum(['ok', 'no-target']),
  promptSource: z.enum(['model', 'answer-file', 'prompts-file']),
  reasoning: z.string().nullable(),
  rawAnswer: z.string().nullable(),
  prompts: promptListSchema,
  promptFrame: z.looseObject({
    name: z.enum(['model-frame-px', 'window-px', 'scene-px']),
    width: z.number(),
    height: z.number(),
  }),
  scene: z.looseObject({
    path: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    width: z.number(),
    height: z.number(),
    bands: z.array(z.number()),
  }),
  windowPx: windowSchema,
  crs: z.looseObject({ name: z.string(), wkt: z.string(), epsg: z.number().optional() }).nullable(),
  mode: z.enum(['native', 'reference']),
  simplifyPx: z.number(),
  minAreaM2: z.number(),
  pack: z.looseObject({ id: z.string(), version: z.string(), sha256: z.string() }),
  provider: z.looseObject({ lvlm: z.string().nullable(), segmenter: z.string().nullable() }),
  timingsMs: z.record(z.string(), z.number()),
  warnings: z.array(z.string()),
  reviews: z.array(z.looseObject({})).optional(),
});

const recordSchema = oneRunSchema.extend({ otherRuns: z.array(oneRunSchema).optional() });

/** The record that `value` is, as it is; null when it is none. */
export function asRunRecord(value: unknown): RunRecord | null {
  return recordSchema.safeParse(value).success ? (value as RunRecord) : null;
}
