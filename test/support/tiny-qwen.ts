import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LvlmFiles, RgbImage } from '../../src-main/core/ports.ts';

/** Where `python -m think2seg_models.tiny_qwen --out DIR` wrote the tiny random Qwen2.5-VL and its reference answers. */
export const tinyQwenDirectory = resolve(import.meta.dirname, '../fixtures/generated/tiny-qwen');

/** Why parity tests cannot run here; null when they can. */
export const tinyQwenMissing: string | null = existsSync(join(tinyQwenDirectory, 'reference.json'))
  ? null
  : `no tiny Qwen2.5-VL at ${tinyQwenDirectory}; make it with: python -m think2seg_models.tiny_qwen --out ${tinyQwenDirectory}`;

if (tinyQwenMissing !== null && process.env['T2S_REQUIRE_PYTHON'] === '1') {
  throw new Error(`the tiny random models are required here: ${tinyQwenMissing}`);
}

/** What Hugging Face transformers makes of one image and question. */
export interface TinyQwenCase {
  image: { file: string; width: number; height: number };
  question: string;
  prompt: string;
  promptIds: number[];
  grid: [number, number, number];
  positions: [number[], number[], number[]];
  ropeDelta: number;
  pixelValuesMean: number;
  /** First 64 values of the first two patches. */
  pixelValuesHead: number[];
  lastLogits: number[];
  tokens: number[];
  text: string;
  /** Greedy tokens of ONNX Runtime in Python, by suffix of the files (`fp32` for none). */
  onnxTokens: Record<string, number[]>;
}

export interface TinyQwenReference {
  newTokens: number;
  cases: TinyQwenCase[];
}

export function readTinyQwenReference(): TinyQwenReference {
  return JSON.parse(readFileSync(join(tinyQwenDirectory, 'reference.json'), 'utf8')) as TinyQwenReference;
}

export function readTinyQwenImage(image: TinyQwenCase['image']): RgbImage {
  return {
    width: image.width,
    height: image.height,
    data: new Uint8Array(readFileSync(join(tinyQwenDirectory, image.file))),
  };
}

/** Files of one precision: `''`, `'_fp16'`, `'_q4'` or `'_int8'`. */
export function tinyQwenFiles(suffix = '', decoder = `decoder_model_merged${suffix}`): LvlmFiles {
  const model = (name: string): string => join(tinyQwenDirectory, 'onnx', `${name}.onnx`);
  return {
    directory: tinyQwenDirectory,
    visionEncoder: model(`vision_encoder${suffix}`),
    embedTokens: model(`embed_tokens${suffix}`),
    decoder: model(decoder),
  };
}
