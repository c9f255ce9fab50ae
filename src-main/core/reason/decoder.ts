import { Think2SegError } from '../../contract/errors.ts';
import type { ProviderName } from '../../contract/provider.ts';
import { freeTensors } from '../inference/free-tensors.ts';
import { type InferenceSession, Tensor } from '../inference/session.ts';
import {
  halfBits,
  metadataOf,
  onesTensor,
  type RealType,
  realTensor,
  realTypeOf,
  realValues,
  wholeTensor,
  type WholeType,
  wholeTypeOf,
} from './tensor-values.ts';
import type { RopePositions } from './rope-positions.ts';

/** One key or value cache: which output becomes which input. */
interface CacheSlot {
  readonly input: string;
  readonly output: string;
  readonly type: RealType;
}

interface DecoderShape {
  /** Used where the ONNX file leaves them open. */
  readonly kvHeads: number;
  readonly headSize: number;
}

/** Positions of a few tokens on the axes of M-RoPE. */
export type TokenPositions = RopePositions['axes'];

/**
 * The language model with its cache of keys and values. What the ONNX file wants is read from its own metadata, since
 * conversions differ: with or without `num_logits_to_keep` and `position_ids`, half or single precision, 32 or 64 bits.
 */
export class Decoder {
  readonly #session: InferenceSession;
  readonly #slots: readonly CacheSlot[];
  readonly #shape: DecoderShape;
  readonly #embedsType: RealType;
  readonly #maskType: WholeType;
  /** Null when the model counts positions itself; rank 2 when it knows one axis only. */
  readonly #positions: { readonly type: WholeType; readonly rank: number } | null;
  readonly #keepType: { readonly type: WholeType; readonly rank: number } | null;
  #cache: Record<string, Tensor>;
  /** What the last call returned a view of. */
  #logits: readonly Tensor[] = [];
  #length = 0;

  /** @throws Think2SegError PACK_FOREIGN when the model wants something this program does not know. */
  constructor(session: InferenceSession, shape: DecoderShape) {
    this.#session = session;
    this.#embedsType = realTypeOf(session, 'inputs_embeds');
    this.#maskType = wholeTypeOf(session, 'attention_mask');
    const optional = (name: string): { type: WholeType; rank: number } | null =>
      session.inputNames.includes(name)
        ? { type: wholeTypeOf(session, name), rank: metadataOf(session, 'input', name).shape.length }
        : null;
    this.#positions = optional('position_ids');
    this.#keepType = optional('num_logits_to_keep');
    metadataOf(session, 'output', 'logits');

    const caches = session.inputNames.filter((name) => name.startsWith('past_key_values.'));
    this.#slots = caches.map((input) => {
      const output = input.replace('past_key_values.', 'present.');
      metadataOf(session, 'output', output);
      return { input, output, type: realTypeOf(session, input) };
    });
    const known = ['inputs_embeds', 'attention_mask', 'position_ids', 'num_logits_to_keep', ...caches];
    const unknown = session.inputNames.find((name) => !known.includes(name));
    if (unknown !== undefined || caches.length === 0) {
      throw new Think2SegError(
        'PACK_FOREIGN',
        `model ${session.modelPath} ${unknown === undefined ? 'has no cache' : `wants the input ${unknown}`}, expected ` +
          'inputs_embeds, attention_mask, position_ids and past_key_values.N.key/value; use a conversion in the layout of transformers.js',
      );
    }
    const [, heads, , size] = metadataOf(session, 'input', caches[0]!).shape;
    this.#shape = {
      kvHeads: typeof heads === 'number' && heads > 0 ? heads : shape.kvHeads,
      headSize: typeof size === 'number' && size > 0 ? size : shape.headSize,
    };
    this.#cache = this.#emptyCache();
  }

  get modelPath(): string {
    return this.#session.modelPath;
  }

  get provider(): ProviderName {
    return this.#session.provider;
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#length;
  }

  /**
   * Runs tokens that follow those in the cache.
   *
   * @param embeds `positions[0].length * hidden` values.
   * @returns Logits of the last token, `vocabulary` values; null unless asked for. A view: use it before the next call.
   * @throws Think2SegError INFERENCE_FAILED; the cache is then as before.
   */
  async append(embeds: Float32Array, positions: TokenPositions, wantLogits: boolean): Promise<Float32Array | null> {
    const count = positions[0].length;
    const total = this.#length + count;
    const feeds: Record<string, Tensor> = {
      inputs_embeds: realTensor(this.#embedsType, embeds, [1, count, embeds.length / count]),
      attention_mask: onesTensor(this.#maskType, [1, total]),
      ...this.#cache,
    };
    if (this.#positions !== null) {
      feeds['position_ids'] = this.#positionTensor(positions, this.#positions);
    }
    if (this.#keepType !== null) {
      feeds['num_logits_to_keep'] = wholeTensor(
        this.#keepType.type,
        [1],
        new Array<number>(this.#keepType.rank).fill(1),
      );
    }
    // Logits of a whole prompt can be hundreds of megabytes: they are fetched only where they are looked at.
    const wanted = this.#slots.map((slot) => slot.output);
    const outputs = await this.#session.run(feeds, wantLogits ? ['logits', ...wanted] : wanted);
    this.#replaceCache(Object.fromEntries(this.#slots.map((slot) => [slot.input, outputs[slot.output]!])), total);
    if (!wantLogits) {
      return null;
    }
    const logits = outputs['logits']!;
    this.#logits = [logits];
    const vocabulary = logits.dims[logits.dims.length - 1]!;
    return realValues(logits, logits.size - vocabulary);
  }

  /** Forgets all tokens but the first `length`. */
  truncate(length: number): void {
    if (length >= this.#length) {
      return;
    }
    const first = ([name, tensor]: [string, Tensor]): [string, Tensor] => [name, firstTokens(tensor, length)];
    this.#replaceCache(
      length === 0 ? this.#emptyCache() : Object.fromEntries(Object.entries(this.#cache).map(first)),
      length,
    );
  }

  async dispose(): Promise<void> {
    this.#replaceCache({}, 0);
    await this.#session.release();
  }

  #replaceCache(cache: Record<string, Tensor>, length: number): void {
    freeTensors([...Object.values(this.#cache), ...this.#logits]);
    this.#logits = [];
    this.#cache = cache;
    this.#length = length;
  }

  #emptyCache(): Record<string, Tensor> {
    const { kvHeads, headSize } = this.#shape;
    return Object.fromEntries(
      this.#slots.map(({ input, type }) => [input, realTensor(type, new Float32Array(0), [1, kvHeads, 0, headSize])]),
    );
  }

  #positionTensor(positions: TokenPositions, wanted: { type: WholeType; rank: number }): Tensor {
    const count = positions[0].length;
    if (wanted.rank === 3) {
      const flat = new Int32Array(3 * count);
      positions.forEach((axis, i) => flat.set(axis, i * count));
      return wholeTensor(wanted.type, flat, [3, 1, count]);
    }
    // A model with one axis counts tokens.
    const sequence = Int32Array.from({ length: count }, (_, i) => this.#length + i);
    return wholeTensor(wanted.type, sequence, [1, count]);
  }
}

/** Copies the first tokens of a cache `[1, heads, tokens, size]`: they are not contiguous in it. */
function firstTokens(tensor: Tensor, length: number): Tensor {
  const [batch = 1, heads = 1, tokens = 0, size = 0] = tensor.dims;
  const dims = [batch, heads, length, size];
  const copy = <T extends Float32Array | Uint16Array>(source: T, target: T): T => {
    for (let head = 0; head < batch * heads; head++) {
      const start = head * tokens * size;
      target.set(source.subarray(start, start + length * size), head * length * size);
    }
    return target;
  };
  const count = batch * heads * length * size;
  return tensor.type === 'float16'
    ? new Tensor('float16', copy(halfBits(tensor), new Uint16Array(count)), dims)
    : new Tensor('float32', copy(tensor.data as Float32Array, new Float32Array(count)), dims);
}
