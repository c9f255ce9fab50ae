import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { tinyOnnx } from './onnx-bytes.ts';

export type PackFiles = Record<string, Buffer | string>;

const lvlmConfig = {
  model_type: 'qwen2_5_vl',
  image_token_id: 7,
  eos_token_id: 8,
  vision_config: { num_heads: 2 },
  text_config: {
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 4096,
  },
};

const tokenizer = {
  added_tokens: [
    { id: 7, content: '<|image_pad|>', special: true },
    { id: 8, content: '<|im_end|>', special: true },
  ],
  model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'ByteLevel' },
};

const grey = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };

/** Places the image, then all text. */
export const tinyChatTemplate =
  "<|image_pad|>{% for part in messages[0].content if part.type == 'text' %}{{ part.text }}{% endfor %}";

/** The files of a complete pack; models that can be read and not run. */
export function tinyPackFiles(): PackFiles {
  return {
    LICENSE: 'Licence of the tiny pack.\n',
    'lvlm/config.json': JSON.stringify(lvlmConfig),
    'lvlm/tokenizer.json': JSON.stringify(tokenizer),
    'lvlm/tokenizer_config.json': '{}',
    'lvlm/chat_template.jinja': tinyChatTemplate,
    'lvlm/preprocessor_config.json': JSON.stringify({
      ...{ patch_size: 14, merge_size: 2, temporal_patch_size: 2, max_pixels: 840 * 840 },
      ...grey,
    }),
    'lvlm/onnx/vision_encoder.onnx': tinyOnnx(),
    'lvlm/onnx/embed_tokens.onnx': tinyOnnx({ operator: 'Gather' }),
    'lvlm/onnx/decoder_model_merged.onnx': tinyOnnx({ external: 'decoder_model_merged.onnx_data' }),
    'lvlm/onnx/decoder_model_merged.onnx_data': Buffer.alloc(1000, 7),
    'segmenter/config.json': '{}',
    'segmenter/preprocessor_config.json': JSON.stringify({ size: { width: 64, height: 64 }, ...grey }),
    'segmenter/onnx/vision_encoder.onnx': tinyOnnx({ operator: 'Conv' }),
    'segmenter/onnx/prompt_encoder_mask_decoder.onnx': tinyOnnx(),
  };
}

export function tinyManifest(files: PackFiles, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schema: 1,
    id: 'tiny',
    version: '1.0',
    title: 'Tiny pack',
    licence: { id: 'CC0-1.0', file: 'LICENSE' },
    frame: { width: 280, height: 280 },
    coordinates: 'model-frame-px',
    prompt: { template: 'Find: {question}' },
    promptSchema: { box: true, positivePoints: 2, negativePoints: 0 },
    files: Object.entries(files).map(([path, content]) => ({
      path,
      bytes: Buffer.from(content).length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
    ...changes,
  };
}

export function writeFiles(directory: string, files: PackFiles): string {
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return directory;
}

/** Writes a pack with right sums. `manifest` overrides parts of pack.json. */
export function writePack(directory: string, files = tinyPackFiles(), manifest: Record<string, unknown> = {}): string {
  writeFiles(directory, files);
  writeFileSync(join(directory, 'pack.json'), JSON.stringify(tinyManifest(files, manifest), null, 2));
  return directory;
}
