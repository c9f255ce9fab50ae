import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src-main/contract/progress.ts';
import type { LvlmFiles, LvlmRecipe, Reasoner, ReasonRequest, ReasonResult } from '../../../src-main/core/ports.ts';
import { Decoder } from '../../../src-main/core/reason/decoder.ts';
import { imagePatches } from '../../../src-main/core/reason/image-patches.ts';
import { readLvlmConfig } from '../../../src-main/core/reason/lvlm-config.ts';
import { createReasoner, type ReasonerOptions } from '../../../src-main/core/reason/reasoner.ts';
import { ropePositions } from '../../../src-main/core/reason/rope-positions.ts';
import { loadTokenizer } from '../../../src-main/core/reason/tokenizer.ts';
import { TokenEmbeddings } from '../../../src-main/core/reason/token-embeddings.ts';
import { seeImage } from '../../../src-main/core/reason/vision.ts';
import { openSession } from '../../../src-main/core/inference/session.ts';
import {
  readTinyQwenImage,
  readTinyQwenReference,
  type TinyQwenCase,
  tinyQwenDirectory,
  tinyQwenFiles,
  tinyQwenMissing,
} from '../../support/tiny-qwen.ts';

const reference = tinyQwenMissing === null ? readTinyQwenReference() : { cases: [], newTokens: 0 };
const opened: Reasoner[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((reasoner) => reasoner.dispose()));
});

function recipeFor(given: TinyQwenCase): LvlmRecipe {
  const { width, height } = given.image;
  return { frame: { width, height }, promptTemplate: '{question}', maxNewTokens: reference.newTokens };
}

async function open(given: TinyQwenCase, files: LvlmFiles, options: Partial<ReasonerOptions> = {}): Promise<Reasoner> {
  const reasoner = await createReasoner(files, recipeFor(given), { provider: 'cpu', threads: 1, ...options });
  opened.push(reasoner);
  return reasoner;
}

function requestOf(given: TinyQwenCase, question = given.question): ReasonRequest {
  return { imageModel: readTinyQwenImage(given.image), imageKey: given.image.file, question };
}

async function ask(reasoner: Reasoner, request: ReasonRequest): Promise<ReasonResult & { events: ProgressEvent[] }> {
  const events: ProgressEvent[] = [];
  const signal = new AbortController().signal;
  const result = await reasoner.reason(request, { signal, onProgress: (event) => events.push(event) });
  return { ...result, events };
}

/** Text the tokens stand for, by the tokenizer that the tokenizer tests check. */
async function textOf(tokens: readonly number[]): Promise<string> {
  const tokenizer = await loadTokenizer(tinyQwenDirectory);
  return Buffer.concat(tokens.map((token) => tokenizer.bytesOf(token))).toString('utf8');
}

/** Logits after the whole prompt, run in one piece. */
async function lastLogits(given: TinyQwenCase, files: LvlmFiles): Promise<Float32Array> {
  const config = await readLvlmConfig(tinyQwenDirectory);
  const options = { provider: 'cpu', threads: 1 } as const;
  const vision = await openSession(files.visionEncoder, options);
  const embeddings = new TokenEmbeddings(await openSession(files.embedTokens, options));
  const decoder = new Decoder(await openSession(files.decoder, options), config);
  const patches = imagePatches(readTinyQwenImage(given.image), config.image);
  const cells = { rows: patches.rows / 2, columns: patches.columns / 2 };
  const features = await seeImage(vision, patches, cells.rows * cells.columns);
  const embeds = await embeddings.of(given.promptIds);
  const hidden = embeds.length / given.promptIds.length;
  embeds.set(features, given.promptIds.indexOf(config.imageTokenId) * hidden);
  const { axes } = ropePositions(given.promptIds, config.imageTokenId, cells);
  const logits = (await decoder.append(embeds, axes, true))!.slice();
  await Promise.all([vision.release(), embeddings.release(), decoder.dispose()]);
  return logits;
}

function correlation(a: ArrayLike<number>, b: readonly number[]): number {
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number): number => b.reduce((total, _, i) => total + f(i), 0);
  const cross = sum((i) => (a[i]! - meanA) * (b[i]! - meanB));
  return cross / Math.sqrt(sum((i) => (a[i]! - meanA) ** 2) * sum((i) => (b[i]! - meanB) ** 2));
}

describe.skipIf(tinyQwenMissing !== null)('reasoning on a tiny random Qwen2.5-VL, against Hugging Face', () => {
  it.each(reference.cases)('has the patches and positions of $image', async (given) => {
    const config = await readLvlmConfig(tinyQwenDirectory);
    const patches = imagePatches(readTinyQwenImage(given.image), config.image);
    expect([1, patches.rows, patches.columns]).toEqual(given.grid);
    const head = [0, 1].flatMap((patch) => [
      ...patches.values.subarray(patch * patches.patchLength, patch * patches.patchLength + 64),
    ]);
    head.forEach((value, i) => expect(value).toBeCloseTo(given.pixelValuesHead[i]!, 5));
    const mean = patches.values.reduce((sum, value) => sum + value, 0) / patches.values.length;
    expect(mean).toBeCloseTo(given.pixelValuesMean, 5);

    const cells = { rows: patches.rows / 2, columns: patches.columns / 2 };
    const positions = ropePositions(given.promptIds, config.imageTokenId, cells);
    expect(positions.axes.map((axis) => [...axis])).toEqual(given.positions);
    expect(positions.next).toBe(given.promptIds.length + given.ropeDelta);
  });

  it.each(reference.cases)('computes the same logits within 1e-3 for $question', async (given) => {
    const logits = await lastLogits(given, tinyQwenFiles());
    expect(logits).toHaveLength(given.lastLogits.length);
    const difference = Math.max(...given.lastLogits.map((value, i) => Math.abs(value - logits[i]!)));
    expect(difference).toBeLessThan(1e-3);
  });

  it.each(reference.cases.flatMap((given) => [100_000, 256, 7].map((prefillChunk) => ({ given, prefillChunk }))))(
    'writes the same greedy tokens for $given.question, prefill in chunks of $prefillChunk',
    async ({ given, prefillChunk }) => {
      const reasoner = await open(given, tinyQwenFiles(), { prefillChunk });
      const result = await ask(reasoner, requestOf(given));
      expect(result.text).toBe(given.text);
      expect(result).toMatchObject({
        newTokens: reference.newTokens,
        promptTokens: given.promptIds.length,
        reusedTokens: 0,
        stopReason: 'length',
      });
      const streamed = result.events.map((event) => event.text ?? '').join('');
      expect(streamed).toBe(given.text);
      const chunks = result.events.filter((event) => event.stage === 'thinking' && event.total !== undefined);
      expect(chunks).toHaveLength(Math.ceil(given.promptIds.length / prefillChunk) + 1);
      expect(chunks.at(-1)).toMatchObject({ done: given.promptIds.length, total: given.promptIds.length });
    },
  );

  it.each(
    reference.cases.flatMap((given) => ['_fp16', '_q4'].map((suffix) => ({ suffix, given, question: given.question }))),
  )('writes what Python writes with the $suffix files for $question', async ({ suffix, given }) => {
    const reasoner = await open(given, tinyQwenFiles(suffix), { prefillChunk: 100_000 });
    const result = await ask(reasoner, requestOf(given));
    expect(result.text).toBe(await textOf(given.onnxTokens[suffix]!));
  });

  it('loads files with 8-bit weights and stays near the model they were made of', async () => {
    const given = reference.cases[0]!;
    expect(correlation(await lastLogits(given, tinyQwenFiles('_int8')), given.lastLogits)).toBeGreaterThan(0.95);
  });

  it('takes a decoder without num_logits_to_keep', async () => {
    const given = reference.cases[2]!;
    const reasoner = await open(given, tinyQwenFiles('', 'decoder_full_logits'));
    expect((await ask(reasoner, requestOf(given))).text).toBe(given.text);
  });

  it.each(['', '_fp16'])('reuses image and common prefix for a second question (%s)', async (suffix) => {
    const given = reference.cases[2]!;
    const reasoner = await open(given, tinyQwenFiles(suffix));
    const first = await ask(reasoner, requestOf(given, 'How many planes are in the image?'));
    expect(first.timingsMs.vision).toBeGreaterThan(0);
    // Equal keys promise equal images: a black one under the same key shows that nobody looks at it again.
    const unseen = requestOf(given);
    const black = { ...unseen.imageModel, data: new Uint8Array(unseen.imageModel.data.length) };
    const second = await ask(reasoner, { ...unseen, imageModel: black });
    const fresh = await ask(await open(given, tinyQwenFiles(suffix)), requestOf(given));
    expect(second.text).toBe(fresh.text);
    const { imageTokenId } = await readLvlmConfig(tinyQwenDirectory);
    expect(second.reusedTokens).toBeGreaterThan(given.promptIds.lastIndexOf(imageTokenId));
    expect(second.reusedTokens).toBeLessThan(second.promptTokens);
    const again = await ask(reasoner, requestOf(given));
    expect(again.text).toBe(fresh.text);
    expect(again.reusedTokens).toBe(given.promptIds.length - 1);
  });

  it('ends at an end token of generation_config.json, and at the agreed number of tokens', async () => {
    const given = reference.cases[1]!;
    const folder = await mkdtemp(join(tmpdir(), 'tiny-qwen-'));
    try {
      for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json']) {
        await copyFile(join(tinyQwenDirectory, name), join(folder, name));
      }
      await copyFile(join(tinyQwenDirectory, 'chat_template.jinja'), join(folder, 'chat_template.jinja'));
      const end = given.tokens[6]!;
      await writeFile(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [end] }));
      const stopped = await ask(await open(given, { ...tinyQwenFiles(), directory: folder }), requestOf(given));
      expect(stopped).toMatchObject({ stopReason: 'eos', newTokens: given.tokens.indexOf(end) + 1 });
      expect(stopped.text).toBe(await textOf(given.tokens.slice(0, given.tokens.indexOf(end))));
      const speeds = stopped.events.filter((event) => event.text !== undefined && event.tokensPerSecond !== undefined);
      expect(speeds.length).toBeGreaterThan(0);
    } finally {
      await rm(folder, { recursive: true });
    }
    const short = await createReasoner(tinyQwenFiles(), { ...recipeFor(given), maxNewTokens: 3 }, { provider: 'cpu' });
    opened.push(short);
    expect(await ask(short, requestOf(given))).toMatchObject({ stopReason: 'length', newTokens: 3 });
  });

  it('keeps nothing of an image when another one comes', async () => {
    const given = reference.cases[0]!;
    const reasoner = await open(given, tinyQwenFiles());
    const dark = { ...requestOf(given), imageKey: 'dark' };
    dark.imageModel = { ...dark.imageModel, data: new Uint8Array(dark.imageModel.data.length) };
    await ask(reasoner, dark);
    const result = await ask(reasoner, requestOf(given));
    expect(result.text).toBe(given.text);
    const { imageTokenId } = await readLvlmConfig(tinyQwenDirectory);
    expect(result.reusedTokens).toBe(given.promptIds.indexOf(imageTokenId));
  });

  it.each(['prefill', 'decoding'])('stops during %s and answers the next question right', async (moment) => {
    const given = reference.cases[1]!;
    const reasoner = await open(given, tinyQwenFiles(), { prefillChunk: 16 });
    const abort = new AbortController();
    let texts = 0;
    const stopped = reasoner.reason(requestOf(given), {
      signal: abort.signal,
      onProgress: (event) => {
        texts += event.text === undefined ? 0 : 1;
        if (moment === 'prefill' ? (event.done ?? 0) > 20 : texts === 3) {
          abort.abort();
        }
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(texts).toBe(moment === 'prefill' ? 0 : 3);
    expect((await ask(reasoner, requestOf(given))).text).toBe(given.text);
  });
});
