import { z } from 'zod';

const pointSchema = z.tuple([z.number(), z.number()]);

/**
 * One target as the language model writes it: a box `[x0, y0, x1, y1]` and points on it, in one pixel frame
 * (model frame as parsed, window pixels for prompts given by hand).
 */
export const promptSchema = z.object({
  bbox_2d: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  positive_points: z.array(pointSchema),
  negative_points: z.array(pointSchema).optional(),
});

export const promptListSchema = z.array(promptSchema);

export type Prompt = z.infer<typeof promptSchema>;
