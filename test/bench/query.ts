/** A whole query on the embedded pack in a warm engine: how much of it is not the models. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import { createFeatureWriter } from '../../src-main/core/export/feature-writer.ts';
import { KnownDigests } from '../../src-main/core/files/known-digests.ts';
import { loadRuntime } from '../../src-main/core/inference/runtime.ts';
import { loadPack, type Pack } from '../../src-main/core/pack/load-pack.ts';
import { runQuery } from '../../src-main/core/query.ts';
import type { QueryPorts } from '../../src-main/core/query/query-ports.ts';
import { openRaster } from '../../src-main/core/raster/open-raster.ts';
import { createReasoner } from '../../src-main/core/reason/reasoner.ts';
import { createSegmenter } from '../../src-main/core/segment/segmenter.ts';
import { median, type BenchRow } from './harness.ts';

const root = resolve(import.meta.dirname, '../..');
const runs = 9;
/** Questions before those that count: by the first few, code and blocks of the scene become warm. */
const uncountedRuns = 3;
const digests = new KnownDigests();
/** Parts of a query in which ONNX Runtime computes, or its tensors are made and read. */
const modelParts = ['preprocess', 'vision', 'prefill', 'decode', 'segmentEncode', 'segmentDecode'];

async function warmPorts(pack: Pack): Promise<QueryPorts> {
  const [vision, embedding, decoder] = [pack.models.lvlmVision, pack.models.lvlmEmbedding, pack.models.lvlmDecoder];
  const reasoner = await createReasoner(
    {
      directory: join(pack.directory, 'lvlm'),
      visionEncoder: vision[0]?.path ?? '',
      embedTokens: embedding[0]?.path ?? '',
      decoder: decoder[0]?.path ?? '',
    },
    pack.recipe,
    { provider: 'cpu' },
  );
  const segmenter = await createSegmenter(
    {
      directory: join(pack.directory, 'segmenter'),
      visionEncoder: pack.models.segmenterVision[0]?.path ?? '',
      maskDecoder: pack.models.segmenterDecoder[0]?.path ?? '',
    },
    { provider: 'cpu' },
  );
  return {
    rasters: { open: openRaster },
    writer: createFeatureWriter(),
    digestFile: (path, signal) => digests.of(path, signal),
    loadReasoner: () => Promise.resolve(reasoner),
    loadSegmenter: () => Promise.resolve(segmenter),
  };
}

type Run = (this: InferenceSession, ...values: unknown[]) => ReturnType<InferenceSession['run']>;

/** Adds up, from now on, the time in which a model runs: nothing of ours runs meanwhile, for a run holds its thread. */
async function modelClock(): Promise<() => number> {
  const { prototype } = (await loadRuntime()).InferenceSession as unknown as { prototype: { run: Run } };
  const { run } = prototype;
  let ms = 0;
  prototype.run = async function (...values) {
    const startMs = performance.now();
    try {
      return await run.apply(this, values);
    } finally {
      ms += performance.now() - startMs;
    }
  };
  return () => ms;
}

export async function bench(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-bench-'));
  try {
    const pack = await loadPack(join(root, 'models/nano'));
    const ports = await warmPorts(pack);
    const modelMs = await modelClock();
    const totals: number[] = [];
    const outside: number[] = [];
    const betweenRuns: number[] = [];
    const parts = new Map<string, number[]>();
    for (let run = -uncountedRuns; run < runs; run++) {
      const modelMsBefore = modelMs();
      const { timingsMs } = await runQuery(
        ports,
        {
          rasterPath: join(root, 'resources/sample/harbour.tif'),
          // Every wording differs, so that no answer of an earlier run can be reused.
          question: `Where is liquid fuel kept in bulk?${' '.repeat(run + uncountedRuns)}`,
          target: { kind: 'window', windowPx: { x: run + uncountedRuns, y: 0, width: 1000, height: 1000 } },
          bands: null,
          promptSource: { kind: 'model' },
          packDirectory: pack.directory,
          provider: 'cpu',
          threads: null,
          mode: 'native',
          simplifyPx: 1,
          minAreaM2: 0,
          connectivity: 4,
          outputPaths: [join(folder, 'out.gpkg')],
          maskPath: null,
          overlayPath: null,
          overwrite: true,
          scratchName: '.think2seg-bench',
        },
        {
          application: { name: 'think2seg', version: 'bench' },
          pack: { id: pack.manifest.id, version: pack.manifest.version, sha256: pack.sha256 },
          frame: pack.manifest.frame,
          answerSchema: pack.manifest.promptSchema,
          providerNote: () => undefined,
        },
        { signal: new AbortController().signal, onProgress: () => undefined },
      );
      if (run >= 0) {
        const total = timingsMs['total'] ?? 0;
        const models = modelParts.reduce((sum, part) => sum + (timingsMs[part] ?? 0), 0);
        totals.push(total);
        outside.push(total - models);
        betweenRuns.push(total - (modelMs() - modelMsBefore));
        for (const [part, ms] of Object.entries(timingsMs)) {
          parts.set(part, [...(parts.get(part) ?? []), ms]);
        }
      }
    }
    const shares = [...parts].map(([part, values]) => `${part} ${median(values).toFixed(1)}`).join(', ');
    const row = (name: string, ours: readonly number[]): BenchRow => ({
      area: 'query',
      case: name,
      oursMs: median(ours),
      peerMs: median(totals),
      peer: 'the whole query',
      ratio: median(ours) / median(totals),
    });
    return [
      {
        ...row('our steps outside the models, of the whole query', outside),
        target: 0.1,
        note: `warm engine, blocks of the sample scene decoded by the question before, embedded pack, GeoPackage written; medians of ${runs} in ms: ${shares}`,
      },
      {
        ...row('all but the runs of the models, of the whole query', betweenRuns),
        note: 'wall time of the query without that in which a model runs: making and reading the tensors counts as ours here',
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
