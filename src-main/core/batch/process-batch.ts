/** A batch from start to end: lock, manifest, leftovers of killed runs, the work itself, the pages about it. */
import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BatchResult, StartLine } from '../../contract/batch.ts';
import { takeLock } from '../files/process-lock.ts';
import { writeFailure } from '../files/write-failure.ts';
import { itemKey, type BatchItem } from './batch-item.ts';
import type { ExpandedInputs } from './expand-inputs.ts';
import { Manifest, manifestFileName, type Shard } from './manifest.ts';
import { makeBatchFolders, removeLeftovers } from './output-folders.ts';
import { runBatch, type BatchPorts, type BatchRun, type BatchSignals } from './run-batch.ts';
import { itemsOfShard } from './shard.ts';

export interface BatchPlan {
  readonly items: readonly BatchItem[];
  /** Inputs that could not be looked at; they are failures of their own. */
  readonly problems: ExpandedInputs['problems'];
  readonly shard: Shard | null;
  readonly application: StartLine['application'];
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
      const failures = plan.problems.map(({ path, error }) => ({ path, question: '', ...error }));
      return {
        ...result,
        items: result.items + failures.length,
        failed: result.failed + failures.length,
        failures: [...failures, ...result.failures],
        outputs: [manifest.path],
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
  });
  for (const problem of plan.problems) {
    await recordProblem(manifest, problem);
  }
}

async function recordProblem(manifest: Manifest, { path, error }: ExpandedInputs['problems'][number]): Promise<void> {
  const key = createHash('sha256').update(path).digest('hex');
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
