import { describe, expect, test } from 'vitest';

import { identifyModelFile, type Precision } from '../../../src-main/core/pack/model-files.ts';
import { choosePrecision, rankPrecisions, type PrecisionChoice } from '../../../src-main/core/pack/precision.ts';

function file(precision: Precision, bytes: number, operator = 'MatMul'): PrecisionChoice {
  const computesInFloat16 = precision === 'fp16' || precision === 'q4f16';
  return { precision, bytes, computesInFloat16, operators: new Set([operator]) };
}

const small = [file('fp32', 80e6), file('fp16', 40e6), file('int8', 20e6), file('q4', 15e6), file('q4f16', 12e6)];
const large = [file('fp32', 12e9), file('fp16', 6e9), file('int8', 3e9), file('q4', 2e9), file('q4f16', 1.9e9)];

const cpu = { provider: 'cpu', supportsFp16: true } as const;
const gpu = { provider: 'webgpu', supportsFp16: true } as const;
const plainGpu = { provider: 'webgpu', supportsFp16: false } as const;

describe('choosePrecision', () => {
  test.each([
    ['CPU, small', small, cpu, 'fp32'],
    ['CPU, large', large, cpu, 'q4'],
    ['graphics, small', small, gpu, 'fp16'],
    ['graphics, large', large, gpu, 'q4f16'],
    ['graphics without fp16, small', small, plainGpu, 'fp32'],
    ['graphics without fp16, large', large, plainGpu, 'q4'],
    ['CPU, large, no full precision to compare', large.slice(1), cpu, 'q4'],
    ['CPU, only half precision', [file('fp16', 2e6)], cpu, 'fp16'],
  ] as const)('%s', (_name, available, provider, expected) => {
    expect(choosePrecision(available, provider)?.precision).toBe(expected);
  });

  test('finds nothing where only half precision is offered and not supported', () => {
    expect(choosePrecision([file('fp16', 2e6), file('q4f16', 1e6)], plainGpu)).toBeNull();
  });

  test('looks into the model, not only at its name', () => {
    const hidden = { ...file('fp32', 2e6), computesInFloat16: true };
    expect(choosePrecision([hidden], plainGpu)).toBeNull();
    expect(choosePrecision([hidden], cpu)).toBe(hidden);
  });

  test('passes over files with an operator that the provider computes wrong', () => {
    const fused = file('q4', 2e9, 'GroupQueryAttention');
    const plain = file('int8', 3e9, 'MatMulInteger');
    const wrong = { ...plainGpu, wrongOperators: ['GroupQueryAttention'] };
    expect(choosePrecision([fused, plain], plainGpu)).toBe(fused);
    expect(choosePrecision([fused, plain], wrong)).toBe(plain);
    expect(choosePrecision([fused], wrong)).toBeNull();
  });

  test('keeps every usable file as a second choice', () => {
    expect(rankPrecisions(large, cpu).map(({ precision }) => precision)).toEqual([
      'q4',
      'int8',
      'fp32',
      'q4f16',
      'fp16',
    ]);
  });
});

test.each([
  ['lvlm/onnx/vision_encoder.onnx', 'lvlmVision', 'fp32'],
  ['lvlm/onnx/vision_encoder_q4f16.onnx', 'lvlmVision', 'q4f16'],
  ['lvlm/onnx/embed_tokens_uint8.onnx', 'lvlmEmbedding', 'uint8'],
  ['lvlm/onnx/decoder_model_merged_bnb4.onnx', 'lvlmDecoder', 'bnb4'],
  ['lvlm/onnx/decoder_model_q4.onnx', 'lvlmDecoder', 'q4'],
  ['segmenter/onnx/vision_encoder_fp16.onnx', 'segmenterVision', 'fp16'],
  ['segmenter/onnx/prompt_encoder_mask_decoder_quantized.onnx', 'segmenterDecoder', 'quantized'],
])('%s is %s in %s', (path, part, precision) => {
  expect(identifyModelFile(path)).toMatchObject({ part, precision });
});

test.each([
  'lvlm/onnx/vision_encoder_q3.onnx',
  'lvlm/vision_encoder.onnx',
  'segmenter/onnx/embed_tokens.onnx',
  'lvlm/onnx/decoder_with_past_model.onnx',
  'lvlm/onnx/decoder_model_merged.onnx_data',
])('%s is no model of a pack', (path) => {
  expect(identifyModelFile(path)).toBeNull();
});
