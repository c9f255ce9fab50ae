import { Think2SegError } from '../../contract/errors.ts';
import type { ProviderName } from '../../contract/provider.ts';
import { freeTensors } from '../inference/free-tensors.ts';
import { computedNoNumbers } from '../inference/no-numbers.ts';
import { openSession } from '../inference/session.ts';
import type { InferenceSession, SessionOptions, Tensor } from '../inference/session.ts';
import type {
  EncodedImage,
  InstanceMask,
  OnComputed,
  RgbImage,
  Segmenter,
  SegmenterFiles,
  SegmenterPrompt,
} from '../ports.ts';
import { decoderFeeds } from './decoder-feeds.ts';
import { readDecoderLayout } from './decoder-layout.ts';
import type { DecoderLayout } from './decoder-layout.ts';
import { maskFromLogits } from './mask-logits.ts';
import type { MaskLogits } from './mask-logits.ts';
import { pixelValues } from './pixel-values.ts';
import { readPreprocessorConfig } from './preprocessor-config.ts';
import type { PreprocessorConfig } from './preprocessor-config.ts';
import { batchPrompts } from './prompt-batches.ts';
import type { PromptBatch } from './prompt-batches.ts';
import { floatTensor, floatValues } from './tensors.ts';

/**
 * Prompts per decoder run. Larger batches are no faster on a CPU and cost about 30 MB a prompt with SAM 2.1; between
 * batches a query can be stopped.
 */
const maxPromptsPerRun = 8;

/** A mask as the model gives it, before it is resized to the image. */
export interface LogitsAnswer {
  readonly logits: MaskLogits;
  /** The model's own estimate of IoU, 0..1. */
  readonly score: number;
}

/**
 * Loads a SAM 2 segmenter: encode an image once, prompt it many times. SAM 2 and 2.1 conversions in the layout of
 * transformers.js work, with or without the single-mask outputs of our exporter, in float32 or float16.
 *
 * @throws {Think2SegError} PACK_INCOMPLETE, PACK_DAMAGED or PACK_FOREIGN when the files are missing, broken or of another
 *   kind, PROVIDER_UNAVAILABLE when this machine lacks the provider.
 */
export async function createSegmenter(files: SegmenterFiles, options: SessionOptions): Promise<OnnxSegmenter> {
  const config = await readPreprocessorConfig(files.directory);
  const encoder = await openSession(files.visionEncoder, options);
  try {
    const decoder = await openSession(files.maskDecoder, options);
    try {
      return new OnnxSegmenter(encoder, decoder, config);
    } catch (error) {
      await decoder.release();
      throw error;
    }
  } catch (error) {
    await encoder.release();
    throw error;
  }
}

/** Features of one image, in the types the decoder takes. */
class EncodedFrame implements EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly owner: OnnxSegmenter;
  readonly embeddings: Record<string, Tensor>;

  constructor(image: RgbImage, owner: OnnxSegmenter, embeddings: Record<string, Tensor>) {
    this.width = image.width;
    this.height = image.height;
    this.owner = owner;
    this.embeddings = embeddings;
  }

  free(): void {
    freeTensors(Object.values(this.embeddings));
  }
}

/** A segmenter over two loaded models; `createSegmenter` makes it from files. */
export class OnnxSegmenter implements Segmenter {
  readonly maskSource: 'single-mask' | 'best-of-three';
  readonly needsBoxes: boolean;
  readonly inputSize: number;
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;
  readonly #config: PreprocessorConfig;
  readonly #layout: DecoderLayout;
  readonly #encoderInput: { readonly name: string; readonly type: 'float32' | 'float16' };

  constructor(encoder: InferenceSession, decoder: InferenceSession, config: PreprocessorConfig) {
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#config = config;
    this.#encoderInput = readEncoderInput(encoder, config);
    this.#layout = readDecoderLayout(decoder, encoder.outputNames);
    this.maskSource = this.#layout.maskSource;
    this.needsBoxes = this.#layout.needsBoxes;
    this.inputSize = config.size;
  }

  get provider(): ProviderName {
    return this.#encoder.provider;
  }

  async encode(image: RgbImage, signal: AbortSignal, onComputed?: OnComputed): Promise<EncodedImage> {
    const startMs = performance.now();
    signal.throwIfAborted();
    const { name, type } = this.#encoderInput;
    const pixels = floatTensor(type, pixelValues(image, this.#config), [1, 3, this.inputSize, this.inputSize]);
    const wanted = this.#layout.embeddings.map((input) => input.name);
    const outputs = await this.#encoder.run({ [name]: pixels }, wanted);
    freeTensors([pixels]);
    signal.throwIfAborted();
    const embeddings: Record<string, Tensor> = {};
    for (const input of this.#layout.embeddings) {
      const output = outputs[input.name]!;
      // A half-precision encoder may stand beside a float32 decoder.
      embeddings[input.name] =
        output.type === input.type ? output : floatTensor(input.type, floatValues(output), output.dims);
    }
    onComputed?.(performance.now() - startMs);
    return new EncodedFrame(image, this, embeddings);
  }

  async segment(
    image: EncodedImage,
    prompts: readonly SegmenterPrompt[],
    signal: AbortSignal,
    onComputed?: OnComputed,
  ): Promise<InstanceMask[]> {
    const startMs = performance.now();
    const { width, height } = image;
    const masks = new Array<InstanceMask>(prompts.length);
    for await (const { index, logits, score } of this.#answers(image, prompts, signal)) {
      const mask = maskFromLogits(logits, width, height);
      if (mask === null) {
        throw computedNoNumbers(this.#decoder);
      }
      masks[index] = { mask, width, height, score };
    }
    onComputed?.(performance.now() - startMs);
    return masks;
  }

  /** As `segment`, but the logits at the model's own resolution. */
  async segmentLogits(
    image: EncodedImage,
    prompts: readonly SegmenterPrompt[],
    signal: AbortSignal,
  ): Promise<LogitsAnswer[]> {
    const answers = new Array<LogitsAnswer>(prompts.length);
    for await (const { index, logits, score } of this.#answers(image, prompts, signal)) {
      answers[index] = { logits: { ...logits, data: logits.data.slice() }, score };
    }
    return answers;
  }

  async dispose(): Promise<void> {
    await this.#decoder.release();
    await this.#encoder.release();
  }

  async *#answers(
    image: EncodedImage,
    prompts: readonly SegmenterPrompt[],
    signal: AbortSignal,
  ): AsyncGenerator<LogitsAnswer & { index: number }> {
    if (!(image instanceof EncodedFrame) || image.owner !== this) {
      throw new Think2SegError('INTERNAL', 'prompts came with an image that another segmenter encoded; encode it here');
    }
    const { masksOutput, scoresOutput, maskSource } = this.#layout;
    const scale = { x: this.inputSize / image.width, y: this.inputSize / image.height };
    // Foreign decoders were traced for one box at a time when points come with it.
    const batches = batchPrompts(prompts, maskSource === 'single-mask' ? maxPromptsPerRun : 1);
    for (const batch of batches) {
      signal.throwIfAborted();
      if (this.#layout.needsBoxes && !batch.hasBox) {
        throw new Think2SegError(
          'PROMPTS_INVALID',
          `prompt ${batch.indices[0]! + 1} has points and no box; expected a box in every prompt, because ` +
            `${this.#decoder.modelPath} cannot do without; add boxes or use a pack with SAM 2`,
        );
      }
      const feeds = { ...decoderFeeds(this.#layout, prompts, batch, scale), ...image.embeddings };
      const outputs = await this.#decoder.run(feeds, [masksOutput, scoresOutput]);
      // Whoever takes an answer has copied what he wants of it before he asks for the next one.
      yield* this.#readAnswers(batch, outputs[masksOutput]!, outputs[scoresOutput]!);
      freeTensors([outputs[masksOutput]!]);
    }
    signal.throwIfAborted();
  }

  /** masks [1, P, C, h, w] and scores [1, P, C] to one answer a prompt: the best of the C by score. */
  *#readAnswers(batch: PromptBatch, masks: Tensor, scores: Tensor): Generator<LogitsAnswer & { index: number }> {
    const [images, prompts, candidates, height, width] = masks.dims;
    if (
      masks.dims.length !== 5 ||
      images !== 1 ||
      prompts !== batch.indices.length ||
      candidates === undefined ||
      height === undefined ||
      width === undefined ||
      scores.dims.join() !== masks.dims.slice(0, 3).join()
    ) {
      throw new Think2SegError(
        'PACK_FOREIGN',
        `mask decoder ${this.#decoder.modelPath} answered masks [${masks.dims.join(', ')}] and scores ` +
          `[${scores.dims.join(', ')}] to ${batch.indices.length} prompts; expected [1, ${batch.indices.length}, C, h, w] ` +
          `and [1, ${batch.indices.length}, C]; use a SAM 2 or 2.1 conversion in the layout of transformers.js`,
      );
    }
    const allLogits = floatValues(masks);
    const allScores = floatValues(scores);
    for (const [row, index] of batch.indices.entries()) {
      let best = row * candidates;
      for (let at = best; at < (row + 1) * candidates; at++) {
        if (!Number.isFinite(allScores[at])) {
          throw computedNoNumbers(this.#decoder);
        }
        if (allScores[at]! > allScores[best]!) {
          best = at;
        }
      }
      const data = allLogits.subarray(best * height * width, (best + 1) * height * width);
      const score = Math.min(1, Math.max(0, allScores[best]!));
      yield { index, logits: { data, width, height }, score };
    }
  }
}

function readEncoderInput(
  encoder: InferenceSession,
  config: PreprocessorConfig,
): { name: string; type: 'float32' | 'float16' } {
  const input = encoder.inputMetadata.find(({ name }) => name === 'pixel_values') ?? encoder.inputMetadata[0];
  if (
    encoder.inputMetadata.length !== 1 ||
    input?.isTensor !== true ||
    input.shape.length !== 4 ||
    (input.type !== 'float32' && input.type !== 'float16')
  ) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `image encoder ${encoder.modelPath} has the inputs ${encoder.inputNames.join(', ')}; ` +
        'expected pixel_values [1, 3, height, width] alone; use a SAM 2 or 2.1 conversion in the layout of transformers.js',
    );
  }
  const [, , height, width] = input.shape;
  if ((typeof height === 'number' && height !== config.size) || (typeof width === 'number' && width !== config.size)) {
    throw new Think2SegError(
      'PACK_INVALID',
      `image encoder ${encoder.modelPath} takes ${String(width)} x ${String(height)} pixels, preprocessor_config.json says ` +
        `${config.size} x ${config.size}; expected the same size; correct the configuration or use matching files`,
    );
  }
  return { name: input.name, type: input.type };
}
