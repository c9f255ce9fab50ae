import { z } from 'zod';

/** `pack.json`: what a pack is and every file that belongs to it. */
export const packManifestSchema = z.object({
  schema: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  version: z.string().min(1),
  title: z.string().min(1),
  licence: z.object({ id: z.string().min(1), file: z.string().min(1) }),
  modelCard: z.string().optional(),
  /** Size of the square image the language model sees. */
  frame: z.object({ width: z.number().int().positive(), height: z.number().int().positive() }),
  /** Frame of the coordinates the language model writes. */
  coordinates: z.literal('model-frame-px'),
  /** `{question}` stands for the user's words. `system` replaces the chat template's own system message. */
  prompt: z.object({
    template: z.string().includes('{question}'),
    system: z.string().optional(),
  }),
  promptSchema: z.object({
    box: z.boolean(),
    positivePoints: z.number().int().min(0),
    negativePoints: z.number().int().min(0),
  }),
  generation: z.object({ maxNewTokens: z.number().int().positive() }).default({ maxNewTokens: 2048 }),
  files: z.array(
    z.object({
      path: z.string().min(1),
      bytes: z.number().int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type PackManifest = z.infer<typeof packManifestSchema>;
