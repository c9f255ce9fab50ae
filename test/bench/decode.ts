import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { openSession } from '../../src-main/core/inference/session.ts';
import { defaultThreads } from '../../src-main/core/inference/threads.ts';
import { Decoder } from '../../src-main/core/reason/decoder.ts';
import { argmax } from '../../src-main/core/reason/argmax.ts';
import { embedThreads, TokenEmbeddings } from '../../src-main/core/reason/token-embeddings.ts';
import { afterModelRunMs, compare, openPeer, type AbsentPeer, type BenchRow, type Peer } from './harness.ts';

const root = resolve(import.meta.dirname, '../..');

interface Model {
  readonly name: string;
  readonly decoder: string;
  readonly embedTokens: string;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly runs: number;
}

/**
 * Greedy decoding: our loop on onnxruntime-node against the same loop on Python's onnxruntime and against
 * onnxruntime-genai, same weights and threads. The latter wants a newer onnxruntime than ours, so it lives in an
 * environment of its own: set T2S_PYTHON to one with onnxruntime-genai and onnx.
 */
export async function bench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const list = models();
  for (const [script, modules] of [
    ['onnx_decode.py', ['onnxruntime', 'numpy']],
    ['genai_decode.py', ['onnxruntime_genai', 'onnx', 'numpy']],
  ] as const) {
    const opened = await openPeer(script, modules);
    try {
      for (const model of list) {
        rows.push(...(await benchModel(model, opened)));
      }
    } finally {
      if (!('absent' in opened)) {
        opened.close();
      }
    }
  }
  return rows;
}

function models(): Model[] {
  const tiny = join(root, 'test/fixtures/generated/tiny-qwen');
  const real = join(root, 'out/bench/qwen2.5-vl-3b-one-layer');
  const list: Model[] = [];
  if (make(tiny, 'reference.json', [])) {
    list.push({
      name: 'tiny',
      decoder: join(tiny, 'onnx/decoder_model_merged.onnx'),
      embedTokens: join(tiny, 'onnx/embed_tokens.onnx'),
      promptTokens: 64,
      newTokens: 64,
      runs: 5,
    });
  }
  if (make(real, 'onnx/decoder_model_merged_q4.onnx', ['--real-shape'])) {
    list.push({
      name: '3B shape, 1 of 36 layers, int4',
      decoder: join(real, 'onnx/decoder_model_merged_q4.onnx'),
      embedTokens: join(real, 'onnx/embed_tokens_q4.onnx'),
      promptTokens: 256,
      newTokens: 16,
      runs: 3,
    });
  }
  return list;
}

/** Makes a random model unless it is there; says so where Python cannot. */
function make(folder: string, lastFile: string, options: string[]): boolean {
  if (existsSync(join(folder, lastFile))) {
    return true;
  }
  const python = process.env['T2S_PYTHON'] ?? join(root, 'models/.venv/bin/python');
  const made = spawnSync(python, ['-m', 'think2seg_models.tiny_qwen', ...options, '--out', folder], {
    env: { ...process.env, PYTHONPATH: join(root, 'models/src') },
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    console.log(`a decoder is left out: ${made.error?.message ?? made.stderr.trim().split('\n').at(-1) ?? ''}`);
  }
  return made.status === 0;
}

async function benchModel(model: Model, opened: Peer | AbsentPeer): Promise<BenchRow[]> {
  const threads = defaultThreads();
  const embeddings = new TokenEmbeddings(
    await openSession(model.embedTokens, { provider: 'cpu', threads: embedThreads }),
  );
  const session = await openSession(model.decoder, { provider: 'cpu', threads });
  const decoder = new Decoder(session, { kvHeads: 0, headSize: 0 });
  const prompt = Array.from({ length: model.promptTokens }, (_, i) => (i * 7) % 500);

  const forward = async (ids: readonly number[]): Promise<number> => {
    const axis = Int32Array.from(ids, (_, i) => decoder.length + i);
    return argmax((await decoder.append(await embeddings.of(ids), [axis, axis, axis], true))!);
  };
  /** Milliseconds of the prompt and of one later token, and the tokens. */
  const decode = async (): Promise<{ prefill: number; perToken: number; tokens: number[] }> => {
    decoder.truncate(0);
    const start = performance.now();
    const tokens = [await forward(prompt)];
    const prefilled = performance.now();
    while (tokens.length < model.newTokens) {
      tokens.push(await forward([tokens.at(-1)!]));
    }
    const perToken = (performance.now() - prefilled) / (model.newTokens - 1);
    return { prefill: prefilled - start, perToken, tokens };
  };
  const peerRun = async (peer: Peer): Promise<{ ms: number; perToken: number }> => {
    const reply = await peer.time({
      op: 'decode',
      decoder: model.decoder,
      embed: model.embedTokens,
      prompt,
      newTokens: model.newTokens,
      threads,
    });
    if (JSON.stringify(reply['tokens']) !== JSON.stringify(expected)) {
      throw new Error(
        `${model.name}: our tokens ${expected.join(' ')}, the peer has ${JSON.stringify(reply['tokens'])}`,
      );
    }
    return { ms: reply.ms, perToken: Number(reply['perToken']) };
  };
  const { tokens: expected } = await decode();
  const common = { area: 'reason', opened, runs: model.runs, pauseMs: afterModelRunMs, target: 1.05 };
  try {
    return [
      await compare({
        ...common,
        case: `${model.name}: one greedy token, ${threads} threads`,
        ours: async () => (await decode()).perToken,
        peer: async (peer) => (await peerRun(peer)).perToken,
        note: 'embedding, decoder and argmax on the same weights; tokens must be equal; "binding" says what copying caches takes',
      }),
      await compare({
        ...common,
        case: `${model.name}: prompt of ${model.promptTokens} tokens`,
        ours: async () => (await decode()).prefill,
        peer: async (peer) => (await peerRun(peer)).ms,
      }),
    ];
  } finally {
    await decoder.dispose();
    await embeddings.release();
  }
}
