/** One line of `rows.jsonl`: all that the figures and the report need of a sample, so that an interrupted run can go on. */
import { z } from 'zod';
import { promptListSchema } from '../../contract/prompt.ts';

const overlapSchema = z.object({
  iou: z.number().min(0).max(1),
  intersectionPx: z.number().int().min(0),
  unionPx: z.number().int().min(0),
});

export const sampleRowSchema = z.object({
  id: z.string(),
  question: z.string(),
  class: z.string().nullable(),
  relation: z.string().nullable(),
  /** Size of the pixel grid on which masks were compared. */
  gridWidth: z.number().int().positive(),
  gridHeight: z.number().int().positive(),
  targetPx: z.number().int().min(0),
  /** The model's answer, letter by letter. */
  answer: z.string(),
  /** Whether the answer could be parsed. */
  valid: z.boolean(),
  /** Parsed prompts in model-frame pixels; empty when invalid. */
  prompts: promptListSchema,
  overlap: overlapSchema,
  /** What a box over the central half scores here. */
  centralBox: overlapSchema,
  /** By variant of the study; null where the segmenter cannot do it. */
  variants: z.record(z.string(), overlapSchema.nullable()),
  ms: z.number().min(0),
});

export type SampleRow = z.infer<typeof sampleRowSchema>;
