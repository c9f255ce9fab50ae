import { Think2SegError } from '../../contract/errors.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { ProviderName } from '../../contract/provider.ts';
import { computedNoNumbers } from '../inference/no-numbers.ts';
import { type InferenceSession, openSession } from '../inference/session.ts';
import type { LvlmFiles, LvlmRecipe, Reasoner, ReasonRequest, ReasonResult } from '../ports.ts';
import { AnswerText } from './answer-text.ts';
import { argmax } from './argmax.ts';
import { promptTokens } from './chat-prompt.ts';
import { Decoder } from './decoder.ts';
import { imagePatches } from './image-patches.ts';
import type { LvlmConfig } from './lvlm-config.ts';
import { type LvlmSettings, readLvlmSettings } from './lvlm-settings.ts';
import { commonPrefix } from './prefill.ts';
import { type RopePositions, ropePositions } from './rope-positions.ts';
import type { ByteLevelTokenizer } from './tokenizer.ts';
import { embedThreads, TokenEmbeddings } from './token-embeddings.ts';
import { seeImage } from './vision.ts';

export interface ReasonerOptions {
  readonly provider: ProviderName;
  /** CPU threads; default: as `openSession` decides. */
  readonly threads?: number;
  /** Tokens a prefill step takes; between steps it can be stopped. */
  readonly prefillChunk?: number;
}

interface Sessions {
  readonly vision: InferenceSession;
  readonly embed: InferenceSession;
  readonly decoder: InferenceSession;
}

async function openSessions(files: LvlmFiles, options: ReasonerOptions): Promise<Sessions> {
  const { provider } = options;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const opened: InferenceSession[] = [];
  try {
    opened.push(await openSession(files.visionEncoder, { provider, ...threads }));
    opened.push(await openSession(files.embedTokens, { provider, threads: embedThreads }));
    opened.push(await openSession(files.decoder, { provider, ...threads }));
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()));
    throw error;
  }
  const [vision, embed, decoder] = opened;
  return { vision: vision!, embed: embed!, decoder: decoder! };
}

/**
 * Loads a language model of the Qwen2.5-VL architecture.
 *
 * @throws Think2SegError PACK_INCOMPLETE, PACK_DAMAGED, PACK_INVALID or PACK_FOREIGN naming the file at fault,
 *   PROVIDER_UNAVAILABLE, INFERENCE_FAILED.
 */
export async function createReasoner(
  files: LvlmFiles,
  recipe: LvlmRecipe,
  options: ReasonerOptions,
): Promise<Reasoner> {
  const settings = await readLvlmSettings(files.directory, recipe);
  const sessions = await openSessions(files, options);
  try {
    return new QwenReasoner(settings, recipe, sessions, options);
  } catch (error) {
    await Promise.all(Object.values(sessions).map((session: InferenceSession) => session.release()));
    throw error;
  }
}

/** One question being answered: the tokens of its prompt and where they stand. */
interface Prompt {
  readonly ids: readonly number[];
  readonly positions: RopePositions;
  readonly imageStart: number;
  readonly imageEnd: number;
}

class QwenReasoner implements Reasoner {
  readonly provider: ProviderName;
  readonly frame: { readonly width: number; readonly height: number };
  readonly #config: LvlmConfig;
  readonly #recipe: LvlmRecipe;
  readonly #tokenizer: ByteLevelTokenizer;
  readonly #template: LvlmSettings['template'];
  readonly #vision: InferenceSession;
  readonly #embeddings: TokenEmbeddings;
  readonly #decoder: Decoder;
  readonly #prefillChunk: number;
  /** Tokens in the decoder's cache, and the image that its image tokens stand for. */
  readonly #cachedIds: number[] = [];
  #cachedImageKey: string | null = null;
  /** What the vision encoder saw last. */
  #seen: { readonly imageKey: string; readonly features: Float32Array } | null = null;
  #busy = false;

  constructor(
    { config, tokenizer, template }: LvlmSettings,
    recipe: LvlmRecipe,
    sessions: Sessions,
    options: ReasonerOptions,
  ) {
    this.provider = options.provider;
    this.frame = recipe.frame;
    this.#config = config;
    this.#recipe = recipe;
    this.#tokenizer = tokenizer;
    this.#template = template;
    this.#vision = sessions.vision;
    this.#embeddings = new TokenEmbeddings(sessions.embed);
    this.#decoder = new Decoder(sessions.decoder, config);
    this.#prefillChunk = options.prefillChunk ?? 256;
  }

  async reason(
    request: ReasonRequest,
    options: { signal: AbortSignal; onProgress: OnProgress },
  ): Promise<ReasonResult> {
    if (this.#busy) {
      throw new Think2SegError('INTERNAL', 'a reasoner was asked while it answers, expected one question at a time');
    }
    this.#busy = true;
    try {
      return await this.#reason(request, options.signal, options.onProgress);
    } finally {
      this.#busy = false;
    }
  }

  async dispose(): Promise<void> {
    this.#forget();
    await Promise.all([this.#vision.release(), this.#embeddings.release(), this.#decoder.dispose()]);
  }

  async #reason(request: ReasonRequest, signal: AbortSignal, onProgress: OnProgress): Promise<ReasonResult> {
    const started = performance.now();
    signal.throwIfAborted();
    const prompt = this.#makePrompt(request);
    const sameImage = this.#cachedImageKey === request.imageKey;
    // The last token always runs, for its logits; another image makes all from the first image token worthless.
    const limit = sameImage ? prompt.ids.length - 1 : prompt.imageStart;
    const reusedTokens = commonPrefix(this.#cachedIds, prompt.ids, limit);
    this.#decoder.truncate(reusedTokens);
    this.#cachedIds.length = reusedTokens;
    const prepared = performance.now();

    onProgress({ stage: 'seeing', done: 0, total: 1 });
    const vision = reusedTokens < prompt.imageEnd ? await this.#see(request, signal) : null;
    onProgress({ stage: 'seeing', done: 1, total: 1 });
    this.#cachedImageKey = request.imageKey;
    const seen = performance.now();

    let logits = await this.#prefill(prompt, vision?.features ?? null, signal, onProgress);
    const prefilled = performance.now();

    const answer = new AnswerText();
    const most = Math.min(this.#recipe.maxNewTokens, this.#config.maxPositions - prompt.positions.next);
    let newTokens = 0;
    let stopReason: ReasonResult['stopReason'] = 'length';
    while (newTokens < most) {
      const token = this.#mostLikely(logits);
      newTokens++;
      if (this.#config.endTokenIds.has(token)) {
        stopReason = 'eos';
        break;
      }
      const text = answer.push(this.#tokenizer.bytesOf(token));
      if (text !== '') {
        const seconds = (performance.now() - prefilled) / 1000;
        onProgress({ stage: 'thinking', text, ...(seconds > 0 ? { tokensPerSecond: newTokens / seconds } : {}) });
      }
      if (answer.ended) {
        stopReason = 'answer-end';
        break;
      }
      if (newTokens < most) {
        signal.throwIfAborted();
        logits = await this.#step(token, prompt.positions.next + newTokens - 1);
      }
    }
    const rest = answer.finish();
    if (rest !== '') {
      onProgress({ stage: 'thinking', text: rest });
    }
    return {
      text: answer.text,
      stopReason,
      promptTokens: prompt.ids.length,
      reusedTokens,
      newTokens,
      timingsMs: {
        preprocess: prepared - started + (vision?.preprocessMs ?? 0),
        vision: seen - prepared - (vision?.preprocessMs ?? 0),
        prefill: prefilled - seen,
        decode: performance.now() - prefilled,
      },
    };
  }

  /** Greedy: the token with the largest logit. */
  #mostLikely(logits: Float32Array): number {
    const token = argmax(logits);
    if (!Number.isFinite(logits[token])) {
      // What was computed on the way is no better, and would be used for the next question.
      this.#forget();
      throw computedNoNumbers(this.#decoder);
    }
    return token;
  }

  #forget(): void {
    this.#decoder.truncate(0);
    this.#cachedIds.length = 0;
    this.#cachedImageKey = null;
    this.#seen = null;
  }

  #makePrompt(request: ReasonRequest): Prompt {
    const { width, height } = request.imageModel;
    if (width !== this.frame.width || height !== this.frame.height) {
      throw new Think2SegError(
        'INTERNAL',
        `the image is ${width} x ${height}, expected the model frame ${this.frame.width} x ${this.frame.height}`,
      );
    }
    const { image, imageTokenId, maxPositions } = this.#config;
    const cells = {
      rows: height / (image.patchSize * image.mergeSize),
      columns: width / (image.patchSize * image.mergeSize),
    };
    const count = cells.rows * cells.columns;
    const placeholder = { tokenId: imageTokenId, count };
    const ids = promptTokens(this.#tokenizer, this.#template, this.#recipe, request.question, placeholder);
    const positions = ropePositions(ids, imageTokenId, cells);
    if (positions.next >= maxPositions) {
      throw new Think2SegError(
        'QUESTION_INVALID',
        `the prompt takes ${positions.next} positions, expected fewer than ${maxPositions}; ask a shorter question`,
      );
    }
    const imageStart = ids.indexOf(imageTokenId);
    return { ids, positions, imageStart, imageEnd: imageStart + count };
  }

  /** Image features, computed only for an image that was not the last one seen. */
  async #see(request: ReasonRequest, signal: AbortSignal): Promise<{ features: Float32Array; preprocessMs: number }> {
    if (this.#seen?.imageKey === request.imageKey) {
      return { features: this.#seen.features, preprocessMs: 0 };
    }
    const started = performance.now();
    const patches = imagePatches(request.imageModel, this.#config.image);
    const preprocessMs = performance.now() - started;
    signal.throwIfAborted();
    const cells = (patches.rows * patches.columns) / this.#config.image.mergeSize ** 2;
    const features = await seeImage(this.#vision, patches, cells);
    this.#seen = { imageKey: request.imageKey, features };
    return { features, preprocessMs };
  }

  /** Runs the part of the prompt that is not cached, chunk by chunk; returns the logits of its last token. */
  async #prefill(
    prompt: Prompt,
    features: Float32Array | null,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<Float32Array> {
    const { ids, positions, imageStart, imageEnd } = prompt;
    let logits: Float32Array | null = null;
    while (logits === null) {
      const start = this.#decoder.length;
      onProgress({ stage: 'thinking', done: start, total: ids.length });
      signal.throwIfAborted();
      const end = Math.min(ids.length, start + this.#prefillChunk);
      const chunk = ids.slice(start, end);
      const embeds = await this.#embeddings.of(chunk);
      const hidden = embeds.length / chunk.length;
      const firstImage = Math.max(start, imageStart);
      const lastImage = Math.min(end, imageEnd);
      if (features !== null && firstImage < lastImage) {
        const rows = features.subarray((firstImage - imageStart) * hidden, (lastImage - imageStart) * hidden);
        embeds.set(rows, (firstImage - start) * hidden);
      }
      const [time, row, column] = positions.axes;
      const at = [time.subarray(start, end), row.subarray(start, end), column.subarray(start, end)] as const;
      logits = await this.#decoder.append(embeds, at, end === ids.length);
      this.#cachedIds.push(...chunk);
    }
    onProgress({ stage: 'thinking', done: ids.length, total: ids.length });
    return logits;
  }

  /** Runs one generated token; returns the logits after it. */
  async #step(token: number, position: number): Promise<Float32Array> {
    const embeds = await this.#embeddings.of([token]);
    const axis = Int32Array.of(position);
    const logits = await this.#decoder.append(embeds, [axis, axis, axis], true);
    this.#cachedIds.push(token);
    return logits!;
  }
}
