import { z } from 'zod';

const pointSchema = z.tuple([z.number(), z.number()]);

/**
 * One target as the language model writes it: a box `[x0, y0, x1, y1]` and points on it, in one pixel frame
 * (model frame as parsed, window pixels for prompts given by hand). Either may be missing, not both.
 */
export const promptSchema = z
  .object({
    bbox_2d: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
    positive_points: z.array(pointSchema).optional(),
    negative_points: z.array(pointSchema).optional(),
  })
  .refine((prompt) => prompt.bbox_2d !== undefined || (prompt.positive_points ?? []).length > 0, {
    message: 'a prompt needs bbox_2d or at least one of positive_points',
  });

export const promptListSchema = z.array(promptSchema);

export type Prompt = z.infer<typeof promptSchema>;
