import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { freeTensors } from '../../src-main/core/inference/free-tensors.ts';
import { openSession, Tensor, type InferenceSession } from '../../src-main/core/inference/session.ts';
import { defaultThreads } from '../../src-main/core/inference/threads.ts';
import type { RgbImage, SegmenterPrompt } from '../../src-main/core/ports.ts';
import { maskFromLogits } from '../../src-main/core/segment/mask-logits.ts';
import { pixelValues } from '../../src-main/core/segment/pixel-values.ts';
import { readPreprocessorConfig } from '../../src-main/core/segment/preprocessor-config.ts';
import { createSegmenter } from '../../src-main/core/segment/segmenter.ts';
import { afterModelRunMs, compare, median, openPeer, type AbsentPeer, type BenchRow, type Peer } from './harness.ts';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'out/bench');
const never = new AbortController().signal;

const modelNote = 'one model run on the same file, input and threads; sums of the outputs must agree';

interface Model {
  readonly name: string;
  readonly directory: string;
  readonly runs: number;
}

export async function bench(): Promise<BenchRow[]> {
  const opened = await openPeer('onnx_sam.py', ['onnxruntime', 'numpy']);
  const rows: BenchRow[] = [];
  try {
    for (const model of models()) {
      rows.push(...(await benchModel(model, opened)));
    }
    rows.push(ourSteps());
  } finally {
    if (!('absent' in opened)) {
      opened.close();
    }
  }
  return rows;
}

/** The embedded pack, and SAM 2.1 tiny in its real shape with random weights if Python can make it here. */
function models(): Model[] {
  const list: Model[] = [];
  const nano = join(root, 'models/nano/segmenter');
  if (existsSync(nano)) {
    list.push({ name: 'nano', directory: nano, runs: 15 });
  }
  const real = join(cache, 'sam2.1-tiny-random');
  if (!existsSync(join(real, 'segmenter/preprocessor_config.json'))) {
    const python = process.env['T2S_PYTHON'] ?? join(root, 'models/.venv/bin/python');
    const made = spawnSync(python, ['-m', 'think2seg_models.tiny_sam', '--real-shape', '--out', real], {
      env: { ...process.env, PYTHONPATH: join(root, 'models/src') },
      encoding: 'utf8',
    });
    if (made.status !== 0) {
      console.log(`SAM 2.1 tiny is left out: ${made.error?.message ?? made.stderr.trim().split('\n').at(-1) ?? ''}`);
      return list;
    }
  }
  list.push({ name: 'SAM 2.1 tiny', directory: join(real, 'segmenter'), runs: 3 });
  return list;
}

async function benchModel({ name, directory, runs }: Model, opened: Peer | AbsentPeer): Promise<BenchRow[]> {
  const config = await readPreprocessorConfig(directory);
  const { size } = config;
  const threads = defaultThreads();
  const encoderPath = join(directory, 'onnx/vision_encoder.onnx');
  const decoderPath = join(directory, 'onnx/prompt_encoder_mask_decoder.onnx');
  const pixels = pixelValues(testImage(840), config);
  await mkdir(cache, { recursive: true });
  const pixelsPath = join(cache, `pixels-${size}.bin`);
  await writeFile(pixelsPath, pixels);

  const encoder = await openSession(encoderPath, { provider: 'cpu', threads });
  const decoder = await openSession(decoderPath, { provider: 'cpu', threads });
  try {
    const encode = (values: Tensor): Promise<Record<string, Tensor>> => encoder.run({ pixel_values: values });
    const inputDims = [1, 3, size, size];
    const embeddings = await encode(new Tensor('float32', pixels, inputDims));
    const common = { area: 'segment', opened, runs, pauseMs: afterModelRunMs, target: 1.05, note: modelNote };
    const rows = [
      await compare({
        ...common,
        case: `${name}: encode ${size}x${size}, ${threads} threads`,
        ours: async () => {
          // As in the product and in the peer, the processor has just written the input.
          const values = new Tensor('float32', pixels.slice(), inputDims);
          const start = performance.now();
          const outputs = await encode(values);
          const ms = performance.now() - start;
          // As Python does without being told.
          freeTensors([values, ...Object.values(outputs)]);
          return ms;
        },
        peer: async (peer) => {
          const reply = await peer.time({ op: 'encode', path: encoderPath, pixels: pixelsPath, size, threads });
          mustAgree(name, meanMagnitude(embeddings[encoder.outputNames.at(-1) ?? '']), Number(reply['check']));
          return reply.ms;
        },
      }),
    ];
    for (const prompts of [1, 8]) {
      const { boxes, points } = modelPrompts(prompts, size);
      const feeds = decoderFeeds(decoder, boxes, points, embeddings);
      const decode = (): Promise<Record<string, Tensor>> => decoder.run(feeds, ['single_mask', 'single_iou']);
      const answer = await decode();
      rows.push(
        await compare({
          ...common,
          case: `${name}: decode ${prompts} ${prompts === 1 ? 'prompt' : 'prompts'} (box, 2 points)`,
          runs: runs * 2,
          ours: async () => {
            const start = performance.now();
            const outputs = await decode();
            const ms = performance.now() - start;
            freeTensors(Object.values(outputs));
            return ms;
          },
          peer: async (peer) => {
            const reply = await peer.time({ op: 'decode', path: decoderPath, boxes, points, threads });
            mustAgree(name, meanMagnitude(answer['single_mask']), Number(reply['check']));
            return reply.ms;
          },
        }),
      );
    }
    rows.push(await wholeStep(name, directory, threads, runs, rows));
    return rows;
  } finally {
    await decoder.release();
    await encoder.release();
  }
}

/** What our resize, normalisation, scaling and thresholding add to the model runs: encode once, 8 prompts, 840 x 840 masks. */
async function wholeStep(
  name: string,
  directory: string,
  threads: number,
  runs: number,
  modelRows: readonly BenchRow[],
): Promise<BenchRow> {
  const segmenter = await createSegmenter(
    {
      directory,
      visionEncoder: join(directory, 'onnx/vision_encoder.onnx'),
      maskDecoder: join(directory, 'onnx/prompt_encoder_mask_decoder.onnx'),
    },
    { provider: 'cpu', threads },
  );
  const image = testImage(840);
  const prompts: SegmenterPrompt[] = modelPrompts(8, 840).boxes.map(([x0, y0, x1, y1]) => ({
    boxImagePx: [x0, y0, x1, y1],
    positivePointsImagePx: [
      [(x0 + x1) / 2, (y0 + y1) / 2],
      [(2 * x0 + x1) / 3, (y0 + y1) / 2],
    ],
    negativePointsImagePx: [],
  }));
  try {
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const start = performance.now();
      await segmenter.segment(await segmenter.encode(image, never), prompts, never);
      times.push(performance.now() - start);
    }
    const models = (modelRows[0]?.oursMs ?? 0) + (modelRows[2]?.oursMs ?? 0);
    return {
      area: 'segment',
      case: `${name}: image and 8 prompts to masks, all steps`,
      oursMs: median(times.slice(1)),
      peerMs: models,
      peer: 'its two model runs alone',
      ratio: median(times.slice(1)) / models,
    };
  } finally {
    await segmenter.dispose();
  }
}

/** Resize and threshold of one mask, the part of ours that is paid per instance. */
function ourSteps(): BenchRow {
  const side = 256;
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) - 128, Math.floor(i / side) - 128];
    return 60 - Math.hypot(x, y) + 4 * Math.sin(x / 5);
  });
  const times = Array.from({ length: 12 }, () => {
    const start = performance.now();
    maskFromLogits({ data, width: side, height: side }, 1024, 1024);
    return performance.now() - start;
  });
  return {
    area: 'segment',
    case: 'logits 256x256 to a mask of 1024x1024',
    oursMs: median(times.slice(2)),
    peerMs: null,
    peer: '-',
    ratio: null,
  };
}

/** Smooth fields of colour, the same in every run. */
function testImage(side: number): RgbImage {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    return 128 + 100 * Math.sin(x / (17 + (i % 3) * 5)) * Math.cos(y / 29);
  });
  return { width: side, height: side, data };
}

/** Boxes [P, 4] and points [P, 2, 2] spread over a square of the given side. */
function modelPrompts(
  count: number,
  side: number,
): { boxes: [number, number, number, number][]; points: [number, number][][] } {
  const boxes = Array.from({ length: count }, (_, i): [number, number, number, number] => {
    const x0 = side * (0.05 + 0.08 * i);
    const y0 = side * (0.1 + 0.05 * i);
    return [x0, y0, x0 + side * 0.2, y0 + side * 0.15];
  });
  const points = boxes.map(([x0, y0, x1, y1]): [number, number][] => [
    [(x0 + x1) / 2, (y0 + y1) / 2],
    [(2 * x0 + x1) / 3, (y0 + y1) / 2],
  ]);
  return { boxes, points };
}

function decoderFeeds(
  decoder: InferenceSession,
  boxes: [number, number, number, number][],
  points: [number, number][][],
  embeddings: Record<string, Tensor>,
): Record<string, Tensor> {
  const count = boxes.length;
  const feeds: Record<string, Tensor> = {
    input_points: new Tensor('float32', Float32Array.from(points.flat(2)), [1, count, 2, 2]),
    input_labels: new Tensor('int64', new BigInt64Array(count * 2).fill(1n), [1, count, 2]),
    input_boxes: new Tensor('float32', Float32Array.from(boxes.flat()), [1, count, 4]),
    ...embeddings,
  };
  return Object.fromEntries(decoder.inputNames.map((name) => [name, feeds[name]!]));
}

function meanMagnitude(tensor: Tensor | undefined): number {
  const data = tensor?.data as Float32Array;
  return data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length;
}

function mustAgree(name: string, ours: number, theirs: number): void {
  if (!(Math.abs(ours - theirs) <= 1e-3 * Math.abs(theirs))) {
    throw new Error(`${name}: mean magnitude ${ours}, Python has ${theirs}`);
  }
}
