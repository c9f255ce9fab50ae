/** The project file (`.t2s`): all work on some rasters, without their pixels. JSON, versioned, paths relative to the file. */
import { z } from 'zod';
import { attributeFieldSchema, attributeValueSchema } from './attributes.ts';
import { drawnInstanceSchema, refinementSchema } from './drawn-instance.ts';
import type { RunRecord } from './run-record.ts';

export const projectVersion = 1;

const windowSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

const projectRasterSchema = z.object({
  id: z.string().min(1),
  /** Relative to the project file where possible; absolute in an autosave. */
  path: z.string().min(1),
  visible: z.boolean(),
  opacity: z.number().min(0).max(1),
  rgbBands: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
  /** One for each of the three colours. */
  stretch: z.array(z.object({ low: z.number(), high: z.number() })).length(3),
});

const projectInstanceSchema = drawnInstanceSchema.extend({
  id: z.string().min(1),
  origin: z.enum(['model', 'manual', 'combined', 'file']),
  verdict: z.enum(['open', 'accepted', 'rejected']),
  /** What the file had of it, in the order of the result's fields. */
  attributes: z.array(attributeValueSchema).default([]),
  /** A person changed the prompt. */
  isCorrected: z.boolean().optional(),
  /** The prompt was edited and its outline had not followed yet. */
  isStale: z.boolean().default(false),
});

const projectResultSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  question: z.string(),
  rasterId: z.string().min(1),
  windowPx: windowSchema,
  visible: z.boolean(),
  opacity: z.number().min(0).max(1),
  color: z.string(),
  refinement: refinementSchema,
  /** Attributes beside ours, of results that were opened from a file. */
  fields: z.array(attributeFieldSchema).default([]),
  instances: z.array(projectInstanceSchema),
  /** Provenance as the engine wrote it; null for work by hand. */
  runRecord: z.custom<RunRecord>((value) => typeof value === 'object' && value !== null).nullable(),
});

export const projectSchema = z.object({
  format: z.literal('think2seg-project'),
  version: z.literal(projectVersion),
  savedAt: z.string(),
  rasters: z.array(projectRasterSchema),
  /** Bottom first. */
  results: z.array(projectResultSchema),
  /** The raster that was worked on, in whose CRS the view is; null in projects of before and without rasters. */
  activeRasterId: z.string().nullable().default(null),
  view: z.object({ centreMap: z.tuple([z.number(), z.number()]), resolution: z.number().positive() }).nullable(),
  questionHistory: z.array(z.string()),
});

export type Project = z.infer<typeof projectSchema>;
