import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { freeTensors } from '../../src-main/core/inference/free-tensors.ts';
import { loadRuntime } from '../../src-main/core/inference/runtime.ts';
import { Tensor } from '../../src-main/core/inference/session.ts';
import { compare, median, openPeer, type BenchRow } from './harness.ts';

const nanoEncoder = resolve(import.meta.dirname, '../../models/nano/segmenter/onnx/vision_encoder.onnx');
const runsAtOnce = 60;
const mebibyteOfNumbers = 2 ** 18;

interface Case {
  readonly name: string;
  /** A file, or one of the graphs of one node that the peer makes. */
  readonly model: string;
  /** Shapes of the inputs, all float32. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

const cases: readonly Case[] = [
  { name: 'a number in, a number out', model: 'neg', inputs: { x: [1] } },
  { name: '64 numbers in', model: 'sum', inputs: Object.fromEntries(numbered(64).map((name) => [name, [1]])) },
  { name: '64 numbers out', model: 'split', inputs: { x: [64, 1] } },
  { name: '4 MiB in, a number out', model: 'size', inputs: { x: [4 * mebibyteOfNumbers] } },
  { name: '4 MiB in, 4 MiB out', model: 'neg', inputs: { x: [4 * mebibyteOfNumbers] } },
  { name: 'encoder of the embedded pack', model: nanoEncoder, inputs: { pixel_values: [1, 3, 512, 512] } },
];

/** Median milliseconds of a run that ONNX Runtime counts itself, and of what the caller waits beside. */
interface RunTimes {
  readonly insideMs: number;
  readonly aroundMs: number;
}

/**
 * Where the time of a model run goes: inside ONNX Runtime, by its own profile, which should take as long as in Python, and around it, in
 * the binding. No target: the binding is not ours, and what it takes depends on tensors and bytes, not on the model.
 */
export async function bench(): Promise<BenchRow[]> {
  const opened = await openPeer('onnx_binding.py', ['onnxruntime', 'onnx', 'numpy']);
  if ('absent' in opened) {
    console.log(`  the graphs are made by the peer: ${opened.absent}`);
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-binding-'));
  try {
    await opened.time({ op: 'make', folder });
    const rows: BenchRow[] = [];
    for (const { name, model, inputs } of cases) {
      const path = model.endsWith('.onnx') ? model : join(folder, `${model}.onnx`);
      const common = { area: 'binding', opened, runs: 5 };
      for (const part of ['aroundMs', 'insideMs'] as const) {
        rows.push(
          await compare({
            ...common,
            case: `${name}: ${part === 'insideMs' ? 'inside ONNX Runtime' : 'around it'}`,
            ours: async () => (await timeRuns(path, inputs, folder))[part],
            peer: async (peer) =>
              Number((await peer.time({ op: 'run', path, inputs, runs: runsAtOnce, folder }))[part]),
          }),
        );
      }
    }
    return rows;
  } finally {
    opened.close();
    await rm(folder, { recursive: true });
  }
}

async function timeRuns(path: string, inputs: Case['inputs'], folder: string): Promise<RunTimes> {
  const runtime = await loadRuntime();
  const prefix = `node-${process.hrtime.bigint()}`;
  const session = await runtime.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: join(folder, prefix),
  });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, dims]) => [
      name,
      new Tensor('float32', new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims),
    ]),
  );
  const waited: number[] = [];
  for (let run = 0; run < runsAtOnce; run++) {
    const start = performance.now();
    const outputs = await session.run(feeds);
    waited.push(performance.now() - start);
    freeTensors(Object.values(outputs));
  }
  session.endProfiling();
  await session.release();
  const profile = (await readdir(folder)).find((file) => file.startsWith(prefix))!;
  const events = JSON.parse(await readFile(join(folder, profile), 'utf8')) as { name: string; dur: number }[];
  const inside = events.filter(({ name }) => name === 'model_run').map(({ dur }) => dur / 1000);
  return { insideMs: median(inside), aroundMs: median(waited.map((ms, run) => ms - inside[run]!)) };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `x${i}`);
}
