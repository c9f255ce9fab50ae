/** What one tile came to, and what an object that tiles cut off. Depends on nothing but the scene, never on when it was looked at. */
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

export const completedObjectSchema = z.object({
  /** Its first part: the tile, and the position there. */
  object: z.tuple([z.number().int(), z.number().int()]),
  /** Null when nothing says where it ends. */
  whole: z
    .object({
      runs: z.array(z.number().int()),
      score: z.number(),
      boxScenePx: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      promptScenePx: promptSchema,
    })
    .nullable(),
  provider: z.object({ lvlm: providerSchema, segmenter: providerSchema }),
});

export type CompletedObject = z.infer<typeof completedObjectSchema>;
