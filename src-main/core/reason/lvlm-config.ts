import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Think2SegError } from '../../contract/errors.ts';
import { explainWholeParse } from '../../contract/explain-parse.ts';

/** How an RGB image becomes patches. */
export interface ImageProcessing {
  readonly patchSize: number;
  /** A still image is repeated so many times along time. */
  readonly temporalPatchSize: number;
  /** So many patches a side are merged into one token. */
  readonly mergeSize: number;
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly rescaleFactor: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What the loop must know of a Qwen2.5-VL model besides its ONNX files. */
export interface LvlmConfig {
  readonly imageTokenId: number;
  readonly endTokenIds: ReadonlySet<number>;
  readonly maxPositions: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly image: ImageProcessing;
}

const positive = z.number().int().positive();

const textSchema = z.object({
  hidden_size: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.optional(),
  head_dim: positive.optional(),
  max_position_embeddings: positive,
});

const endTokensSchema = z.union([z.number().int(), z.array(z.number().int()).nonempty()]);

/** Newer checkpoints nest the language model under `text_config`; older ones have it at the top. */
const configSchema = z.object({
  model_type: z.string().optional(),
  image_token_id: z.number().int(),
  eos_token_id: endTokensSchema.nullish(),
  text_config: z.looseObject({}).optional(),
});

const preprocessorSchema = z.object({
  patch_size: positive,
  temporal_patch_size: positive,
  merge_size: positive,
  min_pixels: positive.nullish(),
  max_pixels: positive.nullish(),
  size: z.object({ shortest_edge: positive.optional(), longest_edge: positive.optional() }).nullish(),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  image_mean: z.array(z.number()).length(3),
  image_std: z.array(z.number().positive()).length(3),
});

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Text of a file of the model folder; null when it does not exist. */
export async function readModelText(directory: string, name: string): Promise<string | null> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw error;
  }
}

/**
 * A JSON object of the model folder.
 *
 * @throws Think2SegError PACK_INCOMPLETE when it does not exist, PACK_DAMAGED when it is not JSON.
 */
export async function readModelJson(directory: string, name: string): Promise<object> {
  const text = await readModelText(directory, name);
  if (text === null) {
    throw new Think2SegError(
      'PACK_INCOMPLETE',
      `${join(directory, name)} is missing; expected every file of the language model; get the complete pack and import it`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(directory, name, error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== 'object' || value === null) {
    throw damaged(directory, name, 'not an object');
  }
  return value;
}

function damaged(directory: string, name: string, reason: string): Think2SegError {
  return new Think2SegError(
    'PACK_DAMAGED',
    `${join(directory, name)} is no JSON object (${reason}); get the complete pack and import it`,
  );
}

function parseWith<T>(schema: z.ZodType<T>, value: unknown, directory: string, name: string): T {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  throw new Think2SegError(
    'PACK_FOREIGN',
    `${join(directory, name)} does not describe a Qwen2.5-VL model: ${explainWholeParse(result.error)}; use a pack of that architecture`,
  );
}

/**
 * Reads config.json, generation_config.json and preprocessor_config.json of a model folder.
 *
 * @throws Think2SegError PACK_INCOMPLETE, PACK_DAMAGED or PACK_FOREIGN, naming the file.
 */
export async function readLvlmConfig(directory: string): Promise<LvlmConfig> {
  const rawConfig = await readModelJson(directory, 'config.json');
  const config = parseWith(configSchema, rawConfig, directory, 'config.json');
  const text = parseWith(textSchema, config.text_config ?? rawConfig, directory, 'config.json');
  const rawImage = await readModelJson(directory, 'preprocessor_config.json');
  const image = parseWith(preprocessorSchema, rawImage, directory, 'preprocessor_config.json');

  let endTokens = config.eos_token_id ?? null;
  if ((await readModelText(directory, 'generation_config.json')) !== null) {
    const generation = parseWith(
      z.object({ eos_token_id: endTokensSchema.nullish() }),
      await readModelJson(directory, 'generation_config.json'),
      directory,
      'generation_config.json',
    );
    endTokens = generation.eos_token_id ?? endTokens;
  }
  if (endTokens === null) {
    const nested = z.object({ eos_token_id: endTokensSchema });
    endTokens = parseWith(nested, config.text_config ?? rawConfig, directory, 'config.json').eos_token_id;
  }
  return {
    imageTokenId: config.image_token_id,
    endTokenIds: new Set(typeof endTokens === 'number' ? [endTokens] : endTokens),
    maxPositions: text.max_position_embeddings,
    kvHeads: text.num_key_value_heads ?? text.num_attention_heads,
    headSize: text.head_dim ?? text.hidden_size / text.num_attention_heads,
    image: {
      patchSize: image.patch_size,
      temporalPatchSize: image.temporal_patch_size,
      mergeSize: image.merge_size,
      minPixels: image.min_pixels ?? image.size?.shortest_edge ?? 1,
      maxPixels: image.max_pixels ?? image.size?.longest_edge ?? Number.MAX_SAFE_INTEGER,
      rescaleFactor: image.rescale_factor,
      mean: image.image_mean,
      std: image.image_std,
    },
  };
}
