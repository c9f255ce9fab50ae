/**
 * Works through the items of a batch: one bad scene never stops the rest, every finished scene is on the disk before the next is begun,
 * and what was finished before is not done again. Knows no process and no model: an executor runs the queries.
 */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { BatchCounts, BatchEvent, BatchResult, DoneLine, FailedLine, KnownState } from '../../contract/batch.ts';
import { Think2SegError, toThink2SegError, type ErrorCode } from '../../contract/errors.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { SegmentResult } from '../../contract/segment-result.ts';
import { fileSize } from '../files/file-size.ts';
import { outputFilesOf } from '../files/output-files.ts';
import { sha256OfFile } from '../files/sha256.ts';
import { writeFailure } from '../files/write-failure.ts';
import {
  itemId,
  itemKey,
  outputName,
  scratchNamePrefix,
  type BatchItem,
  type BatchOptions,
  type RasterDigest,
} from './batch-item.ts';
import type { DoneFacts, Manifest } from './manifest.ts';
import { batchFolders } from './output-folders.ts';
import { assertUnchanged, digestRaster, stampOf } from './raster-digest.ts';
import { withDeadline } from './deadline.ts';

/** Runs single queries, several at a time. */
export interface Executor {
  /** How many queries may run at once. */
  readonly slots: number;
  /**
   * Rejects with ENGINE_CRASHED when the process that ran the query died; the next query on the slot finds a new one. An abort ends
   * the query, if need be with its process, and rejects with CANCELLED.
   */
  run(slot: number, input: SegmentInput, signal: AbortSignal): Promise<SegmentResult>;
}

export interface BatchRun {
  readonly folder: string;
  readonly options: BatchOptions;
  readonly pack: { readonly id: string; readonly sha256: string };
  readonly timeoutMs: number | null;
  readonly failFast: boolean;
  readonly retryFailed: boolean;
  /** Items that the process which ran them died of: they fail, so that the batch gets past them. */
  readonly crashedKeys?: ReadonlySet<string>;
}

export interface BatchPorts {
  readonly executor: Executor;
  readonly manifest: Manifest;
  readonly onEvent: (event: BatchEvent) => void;
}

export interface BatchSignals {
  /** Begin nothing new, finish what runs. */
  readonly finish: AbortSignal;
  /** Stop what runs. */
  readonly stop: AbortSignal;
}

/** Trouble that every scene would meet: the batch stops, and the scene it was met with is not blamed. */
const fatalCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'PACK_NOT_FOUND',
  'PACK_INVALID',
  'PACK_INCOMPLETE',
  'PACK_DAMAGED',
  'PACK_FOREIGN',
  'PROVIDER_UNAVAILABLE',
  'GPU_IN_USE',
  'MEMORY_INSUFFICIENT',
  'OUTPUT_FULL',
  'OUTPUT_NOT_WRITABLE',
  'CANCELLED',
  'USAGE',
]);

const thumbnailSidePx = 256;

/** An item of which the raster was read. */
interface IdentifiedWork {
  readonly item: BatchItem;
  readonly key: string;
  readonly id: string;
  readonly digest: RasterDigest;
  readonly startMs: number;
}

type Tally = Omit<BatchResult, 'schema' | 'outputs' | 'wallMs' | 'remaining'>;

/**
 * @returns what was done. When the batch was stopped, `remaining` says how many items were not looked at.
 * @throws Think2SegError for trouble that concerns all scenes, or the first failure with `failFast`. The manifest is complete either way.
 */
export async function runBatch(
  items: readonly BatchItem[],
  run: BatchRun,
  ports: BatchPorts,
  signals: BatchSignals,
): Promise<BatchResult> {
  const batch = new Batch(items, run, ports, signals);
  return batch.work();
}

class Batch {
  readonly #groups: BatchItem[][];
  readonly #run: BatchRun;
  readonly #ports: BatchPorts;
  readonly #signals: BatchSignals;
  readonly #startMs = performance.now();
  readonly #tally: Tally;
  /** Ends of the work on each id. */
  readonly #turns = new Map<string, Promise<void>>();
  #halted: Think2SegError | null = null;

  constructor(items: readonly BatchItem[], run: BatchRun, ports: BatchPorts, signals: BatchSignals) {
    this.#run = run;
    this.#ports = ports;
    this.#signals = signals;
    this.#groups = [...groupByRaster(items).values()].reverse();
    this.#tally = {
      items: items.length,
      done: 0,
      noTarget: 0,
      alreadyDone: 0,
      failed: 0,
      features: 0,
      areaM2: 0,
      failures: [],
    };
  }

  async work(): Promise<BatchResult> {
    await Promise.all(Array.from({ length: this.#ports.executor.slots }, (_, slot) => this.#workOn(slot)));
    if (this.#halted !== null) {
      throw this.#halted;
    }
    const { items, done, alreadyDone, failed } = this.#tally;
    return {
      schema: 1,
      ...this.#tally,
      remaining: items - done - alreadyDone - failed,
      wallMs: Math.round(performance.now() - this.#startMs),
      outputs: [],
    };
  }

  #isStopped(): boolean {
    return this.#halted !== null || this.#signals.finish.aborted || this.#signals.stop.aborted;
  }

  /** All questions about a raster stay on one slot, so that what the models saw of it is used again. */
  async #workOn(slot: number): Promise<void> {
    for (let group = this.#groups.pop(); group !== undefined && !this.#isStopped(); group = this.#groups.pop()) {
      for (const item of group) {
        if (this.#isStopped()) {
          return;
        }
        try {
          await this.#workOnItem(slot, item);
        } catch (thrown) {
          this.#halted ??= toThink2SegError(thrown);
        }
      }
    }
  }

  async #workOnItem(slot: number, item: BatchItem): Promise<void> {
    const { manifest } = this.#ports;
    const key = itemKey(item, this.#run.options);
    const startMs = performance.now();
    let digest: RasterDigest | null = null;
    try {
      if (await this.#failedBefore(item, key)) {
        return;
      }
      if (this.#run.crashedKeys?.has(key) === true) {
        throw new Think2SegError(
          'ENGINE_CRASHED',
          'the engine process ended while it worked on this scene; if memory was short, try tiles or a smaller pack',
        );
      }
      digest = await digestRaster(item.rasterPath, manifest.stampOf(item.rasterPath), this.#signals.stop);
      const id = itemId(item, this.#run.options, digest, this.#run.pack.sha256);
      const work: IdentifiedWork = { item, key, id, digest, startMs };
      await this.#inTurn(id, () => this.#answer(slot, work));
    } catch (thrown) {
      const error = toThink2SegError(thrown);
      if (fatalCodes.has(error.code)) {
        throw error;
      }
      const line: FailedLine = {
        ...askedLine(item, key),
        state: 'failed',
        code: error.code,
        message: error.message,
        raster: digest === null ? null : stampLine(digest),
        ...finishedNow(startMs),
      };
      await manifest.append(line);
      this.#count(line);
    }
  }

  /** Of two equal rasters the second waits for the first and shares its answer. */
  #inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work);
    this.#turns.set(
      id,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #answer(slot: number, work: IdentifiedWork): Promise<void> {
    const { item, key, id, digest, startMs } = work;
    const { manifest, onEvent } = this.#ports;
    if (this.#isStopped()) {
      return;
    }
    const about = { ...askedLine(item, key), state: 'done' as const, id, raster: stampLine(digest) };
    const known = manifest.done(id);
    if (known !== undefined && (await this.#allPresent(known.outputs))) {
      if (manifest.lastDone(key) !== id) {
        // The raster is again what it was, was moved, or has an equal: the last line about it must be its answer.
        await manifest.append({ ...about, ...known, timingsMs: {}, ...finishedNow(startMs) });
      }
      this.#countKnown(item, key, known);
      return;
    }
    onEvent({ kind: 'item-started', key, path: item.rasterPath, question: item.question });
    const { result, outputs } = await this.#segment(slot, work);
    const { status, reasoning, features, areaM2, crs, timingsMs, warnings } = result;
    const answer = { status, reasoning, features, areaM2, crs, outputs, timingsMs, warnings };
    const line: DoneLine = { ...about, ...answer, ...finishedNow(startMs) };
    await manifest.append(line);
    this.#count(line);
  }

  /** A failure stands until it is to be retried, or its raster is another one now. What is in the way of an output may be gone. */
  async #failedBefore(item: BatchItem, key: string): Promise<boolean> {
    const failed = this.#ports.manifest.failed(key);
    if (failed === undefined || failed.code === 'OUTPUT_EXISTS' || this.#run.retryFailed) {
      return false;
    }
    const stamp = await stampOf(item.rasterPath).catch(() => null);
    const sameRaster =
      failed.raster === null
        ? stamp === null
        : stamp !== null && stamp.bytes === failed.raster.bytes && stamp.mtimeMs === failed.raster.mtimeMs;
    if (sameRaster) {
      this.#tally.failed++;
      this.#tally.failures.push(failureOf({ ...item, path: item.rasterPath, ...failed }));
      const { code, message } = failed;
      this.#tellKnown(item, { key, state: 'failed', features: null, code, message });
    }
    return sameRaster;
  }

  #countKnown(item: BatchItem, key: string, { status, features, areaM2 }: DoneFacts): void {
    this.#tally.alreadyDone++;
    this.#tally.noTarget += status === 'no-target' ? 1 : 0;
    this.#tally.features += features;
    this.#tally.areaM2 += areaM2 ?? 0;
    const state = status === 'no-target' ? 'no-target' : 'done';
    this.#tellKnown(item, { key, state, features, code: null, message: null });
  }

  #tellKnown({ rasterPath, question }: BatchItem, state: KnownState): void {
    this.#ports.onEvent({ kind: 'item-known', path: rasterPath, question, ...state, ...this.#counts() });
  }

  #counts(): BatchCounts {
    const { done, alreadyDone, failed, items } = this.#tally;
    return { finished: done + alreadyDone + failed, failed, total: items };
  }

  /**
   * Outputs may have been edited since: those are the user's, and never written over. Sums are only compared where a missing file
   * calls for all of them to be written again.
   *
   * @throws Think2SegError OUTPUT_EXISTS
   */
  async #allPresent(outputs: DoneLine['outputs']): Promise<boolean> {
    const present: DoneLine['outputs'] = [];
    for (const output of outputs) {
      const path = join(this.#run.folder, output.path);
      const size = await fileSize(path).catch((thrown: unknown) => {
        throw writeFailure(path, thrown);
      });
      if (size !== null && size !== output.bytes) {
        throw changedSince(path);
      }
      if (size !== null) {
        present.push(output);
      }
    }
    if (present.length === outputs.length) {
      return true;
    }
    for (const { path, sha256 } of present) {
      if ((await this.#sumOf(join(this.#run.folder, path))).sha256 !== sha256) {
        throw changedSince(join(this.#run.folder, path));
      }
    }
    return false;
  }

  async #segment(
    slot: number,
    { item, key, id, digest }: IdentifiedWork,
  ): Promise<{ result: SegmentResult; outputs: DoneLine['outputs'] }> {
    const { formats, ...options } = this.#run.options;
    const folders = batchFolders(this.#run.folder);
    const name = outputName(item, id);
    const scratchName = scratchNamePrefix(key) + randomUUID();
    const overlayPath = join(folders.thumbnails, `${name}.png`);
    const outputPaths = formats.map((extension) => join(folders.scenes, name + extension));
    const input: SegmentInput = {
      ...options,
      rasterPath: item.rasterPath,
      question: item.question,
      target: item.target,
      promptSource: { kind: 'model' },
      outputPaths,
      maskPath: null,
      overlayPath,
      overlaySidePx: thumbnailSidePx,
      rasterDigest: { bytes: digest.bytes, sha256: digest.sha256 },
      // The name is an address of the content: what stands there already is as it was written, or an unrecorded rest of a killed run.
      overwrite: true,
      scratchName,
    };
    try {
      const result = await withDeadline(this.#run.timeoutMs, this.#signals.stop, item.rasterPath, (signal) =>
        this.#ports.executor.run(slot, input, signal),
      );
      await assertUnchanged(digest);
      const written = [...new Set([...outputPaths.flatMap((path) => outputFilesOf(path)), overlayPath])].filter(
        (path) => path === overlayPath || result.outputs.includes(path),
      );
      return { result, outputs: await Promise.all(written.map((path) => this.#sumOf(path))) };
    } finally {
      for (const folder of Object.values(folders)) {
        await rm(join(folder, scratchName), { recursive: true, force: true });
      }
    }
  }

  async #sumOf(path: string): Promise<DoneLine['outputs'][number]> {
    const sum = await sha256OfFile(path, this.#signals.stop);
    return { path: relative(this.#run.folder, path), ...sum };
  }

  #count(line: DoneLine | FailedLine): void {
    const tally = this.#tally;
    if (line.state === 'done') {
      tally.done++;
      tally.noTarget += line.status === 'no-target' ? 1 : 0;
      tally.features += line.features;
      tally.areaM2 += line.areaM2 ?? 0;
    } else {
      tally.failed++;
      tally.failures.push(failureOf(line));
      if (this.#run.failFast) {
        this.#halted ??= new Think2SegError(
          'BATCH_INCOMPLETE',
          `stopped at the first failure (--fail-fast): ${line.path}: ${line.code}: ${line.message}`,
        );
      }
    }
    this.#ports.onEvent({ kind: 'item-finished', line, ...this.#counts() });
  }
}

function changedSince(path: string): Think2SegError {
  return new Think2SegError(
    'OUTPUT_EXISTS',
    `${path} was changed since it was written; move it away or take it out of the results, then run again`,
  );
}

function groupByRaster(items: readonly BatchItem[]): Map<string, BatchItem[]> {
  const groups = new Map<string, BatchItem[]>();
  for (const item of items) {
    const group = groups.get(item.rasterPath);
    if (group === undefined) {
      groups.set(item.rasterPath, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

function askedLine({ rasterPath, question, target }: BatchItem, key: string) {
  return { kind: 'item' as const, key, path: rasterPath, question, target };
}

function stampLine({ path, bytes, mtimeMs, sha256 }: RasterDigest): DoneLine['raster'] {
  return { path, bytes, mtimeMs, sha256 };
}

function finishedNow(startMs: number): { finishedAt: string; wallMs: number } {
  return { finishedAt: new Date().toISOString(), wallMs: Math.round(performance.now() - startMs) };
}

function failureOf({
  path,
  question,
  code,
  message,
}: BatchResult['failures'][number]): BatchResult['failures'][number] {
  return { path, question, code, message };
}
