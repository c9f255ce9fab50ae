/** A batch from start to end: lock, manifest, leftovers of killed runs, the work itself, the pages about it. */
import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { BatchRequest, BatchResult, StartLine } from '../../contract/batch.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { isPresent } from '../files/is-present.ts';
import { takeLock } from '../files/process-lock.ts';
import { writeFailure } from '../files/write-failure.ts';
import { itemKey, type BatchItem } from './batch-item.ts';
import type { ExpandedInputs } from './expand-inputs.ts';
import { Manifest, manifestFileName, type Shard } from './manifest.ts';
import { mergeScenes } from './merge-scenes.ts';
import {
  makeBatchFolders,
  mergedFileName,
  pagesScratchName,
  removeLeftovers,
  summaryFileName,
} from './output-folders.ts';
import { readManifests } from './read-manifests.ts';
import { runBatch, type BatchPorts, type BatchRun, type BatchSignals } from './run-batch.ts';
import { itemsOfShard } from './shard.ts';
import { summaryPage } from './summary-page.ts';

export interface BatchPlan {
  readonly items: readonly BatchItem[];
  /** Inputs that could not be looked at; they are failures of their own. */
  readonly problems: ExpandedInputs['problems'];
  readonly shard: Shard | null;
  readonly application: StartLine['application'];
  /** Also one GeoPackage of all scenes. */
  readonly merge: boolean;
  /** Written down, so that others can go on. */
  readonly request: BatchRequest;
}

/** @throws Think2SegError OUTPUT_LOCKED, OUTPUT_NOT_WRITABLE, INPUT_CORRUPT (a damaged manifest), and what `runBatch` throws. */
export async function processBatch(
  plan: BatchPlan,
  run: BatchRun,
  ports: Omit<BatchPorts, 'manifest'>,
  signals: BatchSignals,
): Promise<BatchResult> {
  const items = itemsOfShard(plan.items, plan.shard);
  try {
    await mkdir(run.folder, { recursive: true });
  } catch (thrown) {
    throw writeFailure(run.folder, thrown);
  }
  const path = join(run.folder, manifestFileName(plan.shard));
  const release = await takeLock(`${path}.lock`, path);
  try {
    await makeBatchFolders(run.folder);
    await removeLeftovers(
      run.folder,
      items.map((item) => itemKey(item, run.options)),
    );
    const manifest = await Manifest.open(run.folder, plan.shard);
    try {
      await beginRun(manifest, plan, run, items.length);
      const result = await runBatch(items, run, { ...ports, manifest }, signals);
      // A shard knows its own part only: the run without shards that follows makes the pages.
      const pages = plan.shard === null ? await writePages(plan, run, result, ports.onEvent, signals.stop) : [];
      const failures = plan.problems.map(({ path, error }) => ({ path, question: '', ...error }));
      return {
        ...result,
        items: result.items + failures.length,
        failed: result.failed + failures.length,
        failures: [...failures, ...result.failures],
        outputs: [manifest.path, ...pages],
      };
    } finally {
      await manifest.close();
    }
  } finally {
    await release();
  }
}

async function beginRun(manifest: Manifest, plan: BatchPlan, run: BatchRun, items: number): Promise<void> {
  await manifest.append({
    kind: 'start',
    schema: 1,
    at: new Date().toISOString(),
    application: plan.application,
    pack: run.pack,
    shard: plan.shard === null ? null : { ...plan.shard },
    items,
    request: plan.request,
  });
  for (const problem of plan.problems) {
    await recordProblem(manifest, problem);
  }
}

/** Merged GeoPackage and summary page. @returns their paths. */
async function writePages(
  plan: BatchPlan,
  run: BatchRun,
  result: BatchResult,
  onEvent: BatchPorts['onEvent'],
  signal: AbortSignal,
): Promise<string[]> {
  const keys = [...plan.problems.map(problemKey), ...plan.items.map((item) => itemKey(item, run.options))];
  const known = await readManifests(run.folder, keys);
  const options = { scratchName: pagesScratchName, signal };
  if (plan.merge) {
    onEvent({ kind: 'note', note: 'merging' });
  }
  const merged = plan.merge ? await mergeScenes(run.folder, known, options) : null;
  if (plan.merge && merged === null) {
    onEvent({ kind: 'note', note: nothingMerged(run.folder) });
  }
  const path = join(run.folder, summaryFileName);
  const page = summaryPage({
    items: known,
    remaining: result.remaining,
    application: plan.application,
    pack: run.pack,
    files: ['manifest.jsonl', ...(merged === null ? [] : [basename(merged)])],
  });
  await withAtomicOutputs([path], { ...options, overwrite: true }, ([temporaryPath], files) =>
    files.writeFile(temporaryPath, page),
  );
  return [...(merged === null ? [] : [merged]), path];
}

/** What an earlier run merged stays: it may be all that its user has of it. */
function nothingMerged(folder: string): string {
  const nothing = `no scene has an answer, nothing to merge into ${mergedFileName}`;
  return isPresent(join(folder, mergedFileName)) ? `${nothing}; the one in ${folder} is of an earlier run` : nothing;
}

function problemKey({ path }: { readonly path: string }): string {
  return createHash('sha256').update(path).digest('hex');
}

async function recordProblem(manifest: Manifest, problem: ExpandedInputs['problems'][number]): Promise<void> {
  const { path, error } = problem;
  const key = problemKey(problem);
  if (manifest.failed(key) === undefined) {
    await manifest.append({
      kind: 'item',
      key,
      path,
      question: '',
      target: { kind: 'scene' },
      state: 'failed',
      code: error.code,
      message: error.message,
      raster: null,
      finishedAt: new Date().toISOString(),
      wallMs: 0,
    });
  }
}
