/** What people made of an answer before it was written. Without it a file would pass for the answer itself. */
import { z } from 'zod';
import { refinementSchema } from './drawn-instance.ts';

const countSchema = z.number().int().min(0);

export const reviewedResultSchema = z.object({
  name: z.string(),
  question: z.string(),
  /** Objects in the file, by what their outlines come from. */
  written: z.object({
    /** The answer as it was. */
    model: countSchema,
    /** A prompt that a person moved or changed. */
    corrected: countSchema,
    manual: countSchema,
    /** Two results put together. */
    combined: countSchema,
    /** A file that was opened. */
    file: countSchema,
  }),
  /** Objects that are not in the file; those that were deleted are not counted. */
  leftOut: z.object({ rejected: countSchema, undecided: countSchema, withoutArea: countSchema }),
  /** What was done to the outlines that are written; null for nothing. */
  refinement: refinementSchema.nullable(),
});

export type ReviewedResult = z.infer<typeof reviewedResultSchema>;

export interface Review {
  /** Of the prompts of the features; those of the record stay in its own `promptFrame`. */
  readonly promptFrame: { readonly name: 'scene-px'; readonly width: number; readonly height: number };
  readonly results: readonly ReviewedResult[];
}
