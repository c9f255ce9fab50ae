/** What one tile came to. Depends on the tile alone, never on its neighbours or on when it was looked at. */
import { z } from 'zod';
import { promptSchema } from '../../contract/prompt.ts';
import { providerNames } from '../../contract/provider.ts';
import { sides } from './tile-edges.ts';

const providerSchema = z.enum(providerNames).nullable();

const tileInstanceSchema = z.object({
  /** Position among the prompts of the tile. */
  index: z.number().int(),
  /** Box, or extent of the points, in scene pixels. */
  boxScenePx: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** In scene pixels. */
  promptScenePx: promptSchema,
  score: z.number(),
  /** Runs of scene pixels, see `Runs`. */
  runs: z.array(z.number().int()),
  /** Sides on which the object goes up to an edge of the tile beyond which there is more to see; none when it was seen whole. */
  cutSides: z.array(z.enum(sides)),
});

export type TileInstance = z.infer<typeof tileInstanceSchema>;

export const tileAnswerSchema = z.discriminatedUnion('state', [
  z.object({
    tile: z.number().int(),
    state: z.literal('answered'),
    provider: z.object({ lvlm: providerSchema, segmenter: providerSchema }),
    reasoning: z.string(),
    instances: z.array(tileInstanceSchema),
  }),
  z.object({ tile: z.number().int(), state: z.literal('skipped'), reason: z.enum(['nodata', 'uniform', 'white']) }),
  z.object({ tile: z.number().int(), state: z.literal('failed'), code: z.string(), message: z.string() }),
]);

export type TileAnswer = z.infer<typeof tileAnswerSchema>;
