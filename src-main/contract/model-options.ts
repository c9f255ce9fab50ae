/** Which models answer, on what, and how much of the machine they may take: the same for every call that uses them. */
import { z } from 'zod';
import { providerChoiceSchema } from './provider.ts';

export const modelOptionsSchema = {
  packDirectory: z.string().min(1),
  provider: providerChoiceSchema,
  /** null lets the machine decide. */
  threads: z.number().int().min(1).nullable(),
  /** What the engine may take in all; absent: as much as there is. */
  memoryBytes: z.number().int().positive().optional(),
  /** Use a graphics card that another engine uses; absent: refuse to. */
  shareGpu: z.boolean().optional(),
};

export type ModelOptions = z.infer<z.ZodObject<typeof modelOptionsSchema>>;
