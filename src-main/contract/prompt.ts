import { z } from 'zod';

const pointSchema = z.tuple([z.number(), z.number()]);

const promptShape = {
  bbox_2d: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  positive_points: z.array(pointSchema).optional(),
  negative_points: z.array(pointSchema).optional(),
};

function hasBoxOrPoint({
  bbox_2d,
  positive_points,
}: {
  bbox_2d?: unknown;
  positive_points?: unknown[] | undefined;
}): boolean {
  return bbox_2d !== undefined || (positive_points ?? []).length > 0;
}

const needsOne = { message: 'a prompt needs bbox_2d or at least one of positive_points' };

/**
 * One target as the language model writes it: a box `[x0, y0, x1, y1]` and points on it, in one pixel frame
 * (model frame as parsed, window pixels for prompts given by hand). Either may be missing, not both.
 */
export const promptSchema = z.object(promptShape).refine(hasBoxOrPoint, needsOne);

export const promptListSchema = z.array(promptSchema);

/** Prompts that people write: a key that is misspelt would go unheard otherwise. */
export const givenPromptListSchema = z.array(z.strictObject(promptShape).refine(hasBoxOrPoint, needsOne));

export type Prompt = z.infer<typeof promptSchema>;
