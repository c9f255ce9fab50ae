import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import { Tensor, type InferenceSession } from '../../../src-main/core/inference/session.ts';
import type { SegmenterPrompt } from '../../../src-main/core/ports.ts';
import { parsePreprocessorConfig } from '../../../src-main/core/segment/preprocessor-config.ts';
import { createSegmenter, OnnxSegmenter } from '../../../src-main/core/segment/segmenter.ts';

const never = new AbortController().signal;
const config = {
  size: 16,
  filter: 'bilinear',
  rescale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
} as const;
const image = { width: 32, height: 8, data: new Uint8Array(32 * 8 * 3) };

interface FakeValue {
  name: string;
  type?: 'float32' | 'int64' | 'float16' | 'float64';
  shape?: (number | string)[];
}

interface FakeSession extends InferenceSession {
  readonly feeds: Record<string, Tensor>[];
  released: number;
}

function fakeSession(
  inputs: FakeValue[],
  outputs: string[],
  answer: (feeds: Record<string, Tensor>) => Record<string, Tensor>,
): FakeSession {
  const feeds: Record<string, Tensor>[] = [];
  const metadata = inputs.map(({ name, type = 'float32', shape = [] }) => ({
    name,
    isTensor: true as const,
    type,
    shape,
  }));
  return {
    modelPath: 'fake.onnx',
    provider: 'cpu',
    inputNames: inputs.map(({ name }) => name),
    outputNames: outputs,
    inputMetadata: metadata,
    outputMetadata: [],
    feeds,
    released: 0,
    run(given) {
      feeds.push(given);
      return Promise.resolve(answer(given));
    },
    release() {
      this.released++;
      return Promise.resolve();
    },
  };
}

const embedding = 'image_embeddings.0';

function fakeEncoder(): FakeSession {
  return fakeSession([{ name: 'pixel_values', shape: [1, 3, 16, 16] }], [embedding], () => ({
    [embedding]: new Tensor('float32', new Float32Array(4), [1, 1, 2, 2]),
  }));
}

const usualInputs: FakeValue[] = [
  { name: 'input_points' },
  { name: 'input_labels', type: 'int64' },
  { name: 'input_boxes' },
  { name: embedding },
];

/** Answers with 2 x 2 masks whose logits are all the x of the prompt's first coordinate, and a score to match. */
function fakeDecoder(inputs = usualInputs, outputs = ['single_mask', 'single_iou'], candidates = 1): FakeSession {
  return fakeSession(inputs, outputs, (feeds) => {
    const prompts = feeds['input_labels']!.dims[1]!;
    const first = (feeds['input_boxes']?.dims[1] ? feeds['input_boxes'] : feeds['input_points'])!;
    const stride = first.data.length / prompts;
    const masks = Float32Array.from({ length: prompts * candidates * 4 }, (_, i) =>
      Number(first.data[Math.floor(i / 4 / candidates) * stride]),
    );
    const scores = Float32Array.from({ length: prompts * candidates }, (_, i) => ((i % candidates) + 1) / 8);
    return {
      [outputs[0]!]: new Tensor('float32', masks, [1, prompts, candidates, 2, 2]),
      [outputs[1]!]: new Tensor('float32', scores, [1, prompts, candidates]),
    };
  });
}

function boxAt(x: number, points = 0): SegmenterPrompt {
  return {
    boxImagePx: [x, 1, x + 4, 5],
    positivePointsImagePx: Array.from({ length: points }, () => [x, 2] as const),
    negativePointsImagePx: [],
  };
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Think2SegError) {
      expect(error.message).toMatch(/expected/);
      return error.code;
    }
    throw error;
  }
  return 'no error';
}

describe('prompting', () => {
  it('frees pixels and logits once they are used, and keeps the embeddings', async () => {
    const logits: Tensor[] = [];
    const [encoder, decoder] = [fakeEncoder(), fakeDecoder()];
    const run = decoder.run.bind(decoder);
    decoder.run = async (feeds) => {
      // Those of the batch before.
      expect(logits.map(({ data }) => data.length)).toEqual(logits.map(() => 0));
      const outputs = await run(feeds);
      logits.push(outputs['single_mask']!);
      return outputs;
    };
    const segmenter = new OnnxSegmenter(encoder, decoder, config);
    const encoded = await segmenter.encode(image, never);
    expect(encoder.feeds[0]!['pixel_values']!.data).toHaveLength(0);
    const masks = await segmenter.segment(
      encoded,
      Array.from({ length: 20 }, (_, i) => boxAt(i + 1)),
      never,
    );
    expect(logits.map(({ data }) => data.length)).toEqual([0, 0, 0]);
    expect(decoder.feeds[0]![embedding]!.data).toHaveLength(4);
    expect(masks.every(({ mask }) => mask.every((value) => value === 1))).toBe(true);
  });

  it('encodes once, batches by point count, answers in the order asked', async () => {
    const [encoder, decoder] = [fakeEncoder(), fakeDecoder()];
    const segmenter = new OnnxSegmenter(encoder, decoder, config);
    const encoded = await segmenter.encode(image, never);
    const prompts = Array.from({ length: 20 }, (_, i) => boxAt(i + 1, i % 2));
    const answers = await segmenter.segmentLogits(encoded, prompts, never);
    await segmenter.segment(encoded, [boxAt(3)], never);
    expect(encoder.feeds).toHaveLength(1);
    // Ten of each point count: 8 + 2, twice.
    expect(decoder.feeds.map((feeds) => feeds['input_points']!.dims)).toEqual([
      [1, 8, 0, 2],
      [1, 8, 1, 2],
      [1, 2, 0, 2],
      [1, 2, 1, 2],
      [1, 1, 0, 2],
    ]);
    // 32 image pixels become 16 model pixels.
    expect(answers.map(({ logits }) => logits.data[0])).toEqual(prompts.map((_, i) => (i + 1) / 2));
  });

  it('scales each axis by itself and labels positive and negative points', async () => {
    const decoder = fakeDecoder();
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const prompt: SegmenterPrompt = {
      boxImagePx: [4, 1, 8, 3],
      positivePointsImagePx: [[6, 2]],
      negativePointsImagePx: [[30, 7]],
    };
    await segmenter.segment(await segmenter.encode(image, never), [prompt], never);
    const [feeds] = decoder.feeds;
    expect([...feeds!['input_boxes']!.data]).toEqual([2, 2, 4, 6]);
    expect([...feeds!['input_points']!.data]).toEqual([3, 4, 15, 14]);
    expect([...feeds!['input_labels']!.data]).toEqual([1n, 0n]);
  });

  it('gives box corners as points with labels 2 and 3 to a decoder without boxes', async () => {
    const inputs = usualInputs.filter(({ name }) => name !== 'input_boxes');
    const decoder = fakeDecoder(inputs);
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    await segmenter.segment(await segmenter.encode(image, never), [boxAt(2, 1)], never);
    expect([...decoder.feeds[0]!['input_points']!.data]).toEqual([1, 2, 3, 10, 1, 4]);
    expect([...decoder.feeds[0]!['input_labels']!.data]).toEqual([2n, 3n, 1n]);
  });

  it('switches a mask prompt off', async () => {
    const inputs: FakeValue[] = [
      ...usualInputs,
      { name: 'mask_input', shape: [1, 1, 4, 4] },
      { name: 'has_mask_input' },
    ];
    const decoder = fakeDecoder(inputs);
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    await segmenter.segment(await segmenter.encode(image, never), [boxAt(2)], never);
    expect(decoder.feeds[0]!['mask_input']!.dims).toEqual([1, 1, 4, 4]);
    expect([...decoder.feeds[0]!['has_mask_input']!.data]).toEqual([0]);
  });

  it('asks a foreign decoder one prompt at a time and takes the best of its three masks', async () => {
    const decoder = fakeDecoder(usualInputs, ['pred_masks', 'iou_scores'], 3);
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const masks = await segmenter.segment(await segmenter.encode(image, never), [boxAt(2), boxAt(4)], never);
    expect(segmenter.maskSource).toBe('best-of-three');
    expect(decoder.feeds).toHaveLength(2);
    expect(masks.map(({ score }) => score)).toEqual([3 / 8, 3 / 8]);
  });

  it('refuses points alone where the model wants a box for every prompt', async () => {
    const inputs: FakeValue[] = usualInputs.map((input) => ({ ...input, shape: [1, 'prompts', 4] }));
    const decoder = fakeDecoder(inputs);
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const encoded = await segmenter.encode(image, never);
    const points: SegmenterPrompt = { boxImagePx: null, positivePointsImagePx: [[3, 3]], negativePointsImagePx: [] };
    expect(await codeOf(() => segmenter.segment(encoded, [boxAt(1), points], never))).toBe('PROMPTS_INVALID');
    expect(await segmenter.segment(encoded, [boxAt(1)], never)).toHaveLength(1);
  });

  it('stops between batches', async () => {
    const controller = new AbortController();
    const decoder = fakeDecoder();
    const run = decoder.run.bind(decoder);
    decoder.run = (feeds) => {
      controller.abort();
      return run(feeds);
    };
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const encoded = await segmenter.encode(image, controller.signal);
    const prompts = Array.from({ length: 30 }, (_, i) => boxAt(i));
    await expect(segmenter.segment(encoded, prompts, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(decoder.feeds).toHaveLength(1);
    await expect(segmenter.encode(image, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('answers no prompts with no masks and no run', async () => {
    const decoder = fakeDecoder();
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    expect(await segmenter.segment(await segmenter.encode(image, never), [], never)).toEqual([]);
    expect(decoder.feeds).toHaveLength(0);
  });

  it('refuses prompts that name nothing, and images of another segmenter', async () => {
    const segmenter = new OnnxSegmenter(fakeEncoder(), fakeDecoder(), config);
    const encoded = await segmenter.encode(image, never);
    const ask = (prompt: SegmenterPrompt): Promise<string> => codeOf(() => segmenter.segment(encoded, [prompt], never));
    const nothing = { boxImagePx: null, positivePointsImagePx: [], negativePointsImagePx: [[1, 1]] } as const;
    expect(await ask(nothing)).toBe('PROMPTS_INVALID');
    expect(await ask({ ...nothing, boxImagePx: [0, 0, NaN, 4] })).toBe('PROMPTS_INVALID');
    const other = new OnnxSegmenter(fakeEncoder(), fakeDecoder(), config);
    await expect(other.segment(encoded, [boxAt(1)], never)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('foreign and broken models', () => {
  const make = (encoder: FakeSession, decoder: FakeSession): Promise<string> =>
    codeOf(() => new OnnxSegmenter(encoder, decoder, config));

  it.each([
    ['no points', usualInputs.slice(1)],
    ['no embeddings', usualInputs.slice(0, 3)],
    ['an input nobody knows', [...usualInputs, { name: 'orig_im_size' }]],
    ['a mask prompt that cannot be switched off', [...usualInputs, { name: 'input_masks' }]],
    ['points in double precision', [{ name: 'input_points', type: 'float64' as const }, ...usualInputs.slice(1)]],
  ])('refuses a decoder with %s', async (_, inputs) => {
    expect(await make(fakeEncoder(), fakeDecoder(inputs))).toBe('PACK_FOREIGN');
  });

  it('refuses a decoder without masks or scores', async () => {
    expect(await make(fakeEncoder(), fakeDecoder(usualInputs, ['pred_masks', 'object_score_logits']))).toBe(
      'PACK_FOREIGN',
    );
  });

  it('refuses an encoder of another kind or of another size than its configuration', async () => {
    const text = fakeSession([{ name: 'input_ids', type: 'int64' }], [embedding], () => ({}));
    expect(await make(text, fakeDecoder())).toBe('PACK_FOREIGN');
    const large = fakeSession([{ name: 'pixel_values', shape: ['batch', 3, 1024, 1024] }], [embedding], () => ({}));
    expect(await make(large, fakeDecoder())).toBe('PACK_INVALID');
  });

  it('says which shapes came when the decoder answers with other ones', async () => {
    const decoder = fakeSession(usualInputs, ['single_mask', 'single_iou'], () => ({
      single_mask: new Tensor('float32', new Float32Array(4), [1, 1, 2, 2]),
      single_iou: new Tensor('float32', new Float32Array(1), [1, 1, 1]),
    }));
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const encoded = await segmenter.encode(image, never);
    await expect(segmenter.segment(encoded, [boxAt(1)], never)).rejects.toMatchObject({
      code: 'PACK_FOREIGN',
      message: expect.stringContaining('[1, 1, 2, 2]') as string,
    });
  });

  it.each([
    ['logits', NaN, [0.5, 0.25, 0.125]],
    ['the score of the best mask', 1, [NaN, NaN, NaN]],
    ['the score of another mask', 1, [0.5, Infinity, 0.25]],
  ])('says that it computed no numbers where %s are none', async (_, logit, scores) => {
    const decoder = fakeSession(usualInputs, ['single_mask', 'single_iou'], () => ({
      single_mask: new Tensor('float32', new Float32Array(12).fill(logit), [1, 1, 3, 2, 2]),
      single_iou: new Tensor('float32', Float32Array.from(scores), [1, 1, 3]),
    }));
    const segmenter = new OnnxSegmenter(fakeEncoder(), decoder, config);
    const encoded = await segmenter.encode(image, never);
    await expect(segmenter.segment(encoded, [boxAt(1)], never)).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringMatching(/fake\.onnx computed no numbers .* on provider cpu/) as string,
    });
  });

  it('releases both models', async () => {
    const [encoder, decoder] = [fakeEncoder(), fakeDecoder()];
    await new OnnxSegmenter(encoder, decoder, config).dispose();
    expect([encoder.released, decoder.released]).toEqual([1, 1]);
  });
});

describe('preprocessor_config.json', () => {
  const usual = { size: { height: 64, width: 64 }, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
  const parse = (change: object): ReturnType<typeof parsePreprocessorConfig> =>
    parsePreprocessorConfig(JSON.stringify({ ...usual, ...change }), 'preprocessor_config.json');

  it('takes the defaults of transformers for what is not said', () => {
    expect(parse({})).toMatchObject({ size: 64, filter: 'bilinear', rescale: 1 / 255 });
    expect(parse({ do_rescale: false, do_normalize: false })).toMatchObject({
      rescale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
  });

  it.each([
    ['the letterbox of SAM 1', { size: { longest_edge: 1024 } }, 'PACK_FOREIGN'],
    ['a frame that is not square', { size: { height: 64, width: 32 } }, 'PACK_FOREIGN'],
    ['an unknown filter', { resample: 0 }, 'PACK_FOREIGN'],
  ])('refuses %s', async (_, change, code) => {
    expect(await codeOf(() => parse(change))).toBe(code);
  });

  it('refuses what is not JSON', () => {
    expect(() => parsePreprocessorConfig('{', 'p.json')).toThrow(
      expect.objectContaining({ code: 'PACK_DAMAGED' }) as Error,
    );
  });
});

describe('createSegmenter', () => {
  let directory = '';
  afterEach(() => rmSync(directory, { recursive: true }));

  it('names the file that is missing', async () => {
    directory = mkdtempSync(join(tmpdir(), 'segmenter-'));
    const files = { directory, visionEncoder: join(directory, 'e.onnx'), maskDecoder: join(directory, 'd.onnx') };
    const open = (): Promise<unknown> => createSegmenter(files, { provider: 'cpu', threads: 1 });
    await expect(open()).rejects.toMatchObject({
      code: 'PACK_INCOMPLETE',
      message: expect.stringContaining('preprocessor_config.json') as string,
    });
    writeFileSync(
      join(directory, 'preprocessor_config.json'),
      JSON.stringify({ size: { height: 64, width: 64 }, image_mean: [0, 0, 0], image_std: [1, 1, 1] }),
    );
    await expect(open()).rejects.toMatchObject({
      code: 'PACK_INCOMPLETE',
      message: expect.stringContaining('e.onnx') as string,
    });
  });
});
