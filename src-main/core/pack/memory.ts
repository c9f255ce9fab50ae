import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { Think2SegError } from '../../contract/errors.ts';
import { explainWholeParse } from '../../contract/explain-parse.ts';
import type { ProviderName } from '../../contract/provider.ts';
import { availableMemory, programBytes, type AvailableMemory } from '../inference/available-memory.ts';
import type { ModelFile, Pack } from './load-pack.ts';
import type { ModelPart } from './model-files.ts';

/**
 * Resident memory per byte of model file, measured with ONNX Runtime 1.30 on linear layers: 1.19 for fp32, inline or external;
 * 1.06 for four-bit weights; 3.8 (inline) and 2.9 (external) for half precision on a CPU, which keeps a converted copy.
 */
const bytesPerFileByte = { ordinary: 1.2, halfOnCpu: 4 };

/** Bytes per input pixel that a small segmenter takes while it works. */
const segmenterBytesPerPixel = 400;

/**
 * Bytes per input pixel and channel of its first layer that a SAM 2.1 encoder takes: most among the four sizes, measured with ONNX
 * Runtime 1.30 on 1024 x 1024 pixels. Half precision on a CPU keeps a converted copy of what is between layers too.
 */
const samBytesPerPixelAndChannel = { ordinary: 13, halfOnCpu: 20 };

/** Channels of the first layer when the settings do not name them, as those of tiny and small need not. */
const samDefaultChannels = 96;

/** ONNX Runtime takes memory to work in by steps and keeps it. With this, whole Qwen2.5-VL-3B and -7B were measured to take less. */
const workSlack = 1.1;

/** Question, template and special tokens around the image. */
const textTokens = 512;

const positive = z.number().int().positive();

const textShape = z.object({
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.optional(),
  head_dim: positive.optional(),
  intermediate_size: positive.optional(),
});

const lvlmShape = z.object({
  text_config: z.looseObject({}).optional(),
  vision_config: z.object({ num_heads: positive.optional() }).optional(),
});

const patchShape = z.object({ patch_size: positive, merge_size: positive });

const segmenterShape = z.object({ size: z.object({ height: positive, width: positive }) });

const samWidth = z.object({
  vision_config: z
    .looseObject({ backbone_config: z.looseObject({ hidden_size: positive.optional() }).optional() })
    .optional(),
});

/**
 * Memory a model takes while it works: weights, and for the language model the attention over the image and the key-value cache of
 * image, text and the longest answer. An estimate on the safe side.
 *
 * @param parts the parts that are loaded together, with the file chosen for each
 * @throws {Think2SegError} PACK_INVALID when the model's settings do not say its shape.
 */
export async function estimateModelBytes<Part extends ModelPart>(
  pack: Pack,
  parts: readonly Part[],
  files: Readonly<Record<Part, ModelFile>>,
  provider: ProviderName = 'cpu',
): Promise<number> {
  let bytes = programBytes;
  for (const part of parts) {
    const file: ModelFile = files[part];
    const halfOnCpu = provider === 'cpu' && file.computesInFloat16;
    bytes += file.bytes * (halfOnCpu ? bytesPerFileByte.halfOnCpu : bytesPerFileByte.ordinary);
    if (part === 'lvlmDecoder') {
      bytes += await lvlmWorkBytes(pack, file.computesInFloat16 ? 2 : 4);
    }
    if (part === 'segmenterVision') {
      bytes += await segmenterWorkBytes(pack, halfOnCpu ? 'halfOnCpu' : 'ordinary');
    }
  }
  return Math.ceil(bytes);
}

async function segmenterWorkBytes(pack: Pack, kind: keyof typeof samBytesPerPixelAndChannel): Promise<number> {
  const { size } = await readShape(pack, 'segmenter/preprocessor_config.json', segmenterShape);
  const { vision_config: vision } = await readShape(pack, 'segmenter/config.json', samWidth);
  const bytesPerPixel =
    vision === undefined
      ? segmenterBytesPerPixel
      : samBytesPerPixelAndChannel[kind] * (vision.backbone_config?.hidden_size ?? samDefaultChannels);
  return size.width * size.height * bytesPerPixel;
}

async function lvlmWorkBytes(pack: Pack, cacheBytesPerValue: number): Promise<number> {
  const config = await readShape(pack, 'lvlm/config.json', lvlmShape.loose());
  // Newer checkpoints nest the language model; older ones have it at the top.
  const text = textShape.safeParse(config.text_config ?? config);
  if (!text.success) {
    throw shapeError(pack, 'lvlm/config.json', text.error);
  }
  const shape = text.data;
  const { patch_size: patch, merge_size: merge } = await readShape(pack, 'lvlm/preprocessor_config.json', patchShape);
  const { width, height } = pack.manifest.frame;
  const patches = Math.ceil(width / patch) * Math.ceil(height / patch);
  const promptTokens = Math.ceil(patches / merge ** 2) + textTokens;

  // Scores of one layer that looks at the whole image, before and after the softmax.
  const visionBytes = 2 * 4 * (config.vision_config?.num_heads ?? 0) * patches ** 2;
  const headSize = shape.head_dim ?? shape.hidden_size / shape.num_attention_heads;
  const kvHeads = shape.num_key_value_heads ?? shape.num_attention_heads;
  const tokenBytes = 2 * shape.num_hidden_layers * kvHeads * headSize * cacheBytesPerValue;
  // Keys and values of the step before and of this one are alive together.
  const cacheBytes = 2 * tokenBytes * (promptTokens + pack.manifest.generation.maxNewTokens);
  const width4 = 4 * (8 * shape.hidden_size + 3 * (shape.intermediate_size ?? 4 * shape.hidden_size));
  // The vision encoder keeps what it took while the decoder reads the prompt.
  return workSlack * (visionBytes + width4 * promptTokens) + cacheBytes;
}

async function readShape<Shape>(pack: Pack, path: string, schema: z.ZodType<Shape>): Promise<Shape> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(pack.directory, path), 'utf8'));
  } catch (error) {
    throw shapeError(pack, path, error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw shapeError(pack, path, parsed.error);
  }
  return parsed.data;
}

function shapeError(pack: Pack, path: string, error: unknown): Think2SegError {
  const problem =
    error instanceof z.ZodError ? explainWholeParse(error) : error instanceof Error ? error.message : String(error);
  return new Think2SegError(
    'PACK_INVALID',
    `${join(pack.directory, path)} does not say the shape of the model (${problem}); expected the settings that came with the weights`,
    { cause: error },
  );
}

/** Who gives no more, and what to do about it. */
const limitWords: Record<AvailableMemory['limit'], { of: string; advice: string }> = {
  machine: { of: 'this machine', advice: 'close other programs' },
  cgroup: { of: 'the cgroup of this process (a container, a job)', advice: 'raise the limit of the container or job' },
  option: { of: 'what --memory or the settings allow', advice: 'allow more' },
};

/**
 * Refuses a model before it is loaded rather than have the system kill the program.
 *
 * @throws {Think2SegError} MEMORY_INSUFFICIENT with both figures, and whose limit it was.
 */
export function assertFits(what: string, estimatedBytes: number, available: AvailableMemory): void {
  if (estimatedBytes > available.bytes) {
    const { of, advice } = limitWords[available.limit];
    throw new Think2SegError(
      'MEMORY_INSUFFICIENT',
      `${what} needs about ${inWords(estimatedBytes)} of memory, ${inWords(available.bytes)} are left of ${of}; ` +
        `${advice}, or use a pack with smaller files (q4) or another smaller model`,
    );
  }
}

/** `assertFits` for the chosen files of a pack and what this process may still take. */
export async function assertModelFits<Part extends ModelPart>(
  pack: Pack,
  parts: readonly Part[],
  files: Readonly<Record<Part, ModelFile>>,
  provider: ProviderName = 'cpu',
): Promise<void> {
  const model = parts.some((part) => part.startsWith('lvlm')) ? 'language model' : 'segmenter';
  assertFits(
    `the ${model} of pack ${pack.manifest.id}`,
    await estimateModelBytes(pack, parts, files, provider),
    availableMemory(),
  );
}

function inWords(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
