/** Owns the loaded models: loads them on the best provider that works, keeps them between queries, unloads them. */
import type { ProviderName } from '../contract/provider.ts';
import { Think2SegError } from '../contract/errors.ts';
import { holdCard } from '../core/inference/card-lock.ts';
import { cardOf } from '../core/inference/which-card.ts';
import type { ModelPart } from '../core/pack/model-files.ts';
import { memoryLimitBytes } from '../core/inference/available-memory.ts';
import { assertModelFits } from '../core/pack/memory.ts';
import type { Reasoner, Segmenter } from '../core/ports.ts';
import { createReasoner } from '../core/reason/reasoner.ts';
import { createSegmenter } from '../core/segment/segmenter.ts';
import { lvlmFiles, lvlmParts, pickFiles, segmenterFiles, segmenterParts, type PickedFiles } from './picked-files.ts';
import { providersFor, type ModelRequest } from './model-request.ts';

const doNothing = (): Promise<void> => Promise.resolve();

interface Loaded<Model> {
  readonly key: string;
  readonly model: Model;
  /** Lets go of the graphics card. */
  readonly release: () => Promise<void>;
  readonly note: string | undefined;
}

export class ModelStore {
  #reasoner: Loaded<Reasoner> | null = null;
  #segmenter: Loaded<Segmenter> | null = null;

  /** Why a better provider did not run the models that are loaded. */
  providerNote(): string | undefined {
    const notes = new Set([this.#reasoner?.note, this.#segmenter?.note].filter((note) => note !== undefined));
    return notes.size === 0 ? undefined : [...notes].join('; ');
  }

  async reasoner(request: ModelRequest, signal: AbortSignal): Promise<Reasoner> {
    const { pack } = request;
    if (this.#reasoner?.key !== keyOf(request)) {
      await unload(this.#reasoner);
      this.#reasoner = null;
      this.#reasoner = await load(
        request,
        lvlmParts,
        (files, options) => createReasoner(lvlmFiles(pack, files), pack.recipe, options),
        signal,
      );
    }
    return this.#reasoner.model;
  }

  async segmenter(request: ModelRequest, signal: AbortSignal): Promise<Segmenter> {
    const { pack } = request;
    if (this.#segmenter?.key !== keyOf(request)) {
      await unload(this.#segmenter);
      this.#segmenter = null;
      this.#segmenter = await load(
        request,
        segmenterParts,
        (files, options) => createSegmenter(segmenterFiles(pack, files), options),
        signal,
      );
    }
    return this.#segmenter.model;
  }

  /** Unloads every model. */
  async dispose(): Promise<void> {
    await unload(this.#reasoner);
    await unload(this.#segmenter);
    this.#reasoner = null;
    this.#segmenter = null;
  }
}

async function unload(loaded: Loaded<Reasoner | Segmenter> | null): Promise<void> {
  try {
    await loaded?.model.dispose();
  } finally {
    await loaded?.release();
  }
}

function keyOf({ pack, provider, threads }: ModelRequest): string {
  return JSON.stringify([pack.directory, pack.sha256, provider, threads, memoryLimitBytes()]);
}

/** Tries the usable providers, best first. With `auto` a provider that fails on the real model is passed over, and said so. */
async function load<Part extends ModelPart, Model>(
  request: ModelRequest,
  parts: readonly Part[],
  create: (files: PickedFiles<Part>, options: { provider: ProviderName; threads?: number }) => Promise<Model>,
  signal: AbortSignal,
): Promise<Loaded<Model>> {
  const { pack, threads, shareGpu = false } = request;
  const selection = await providersFor(request, signal);
  const notes = selection.note === undefined ? [] : [selection.note];
  for (const report of selection.usable) {
    signal.throwIfAborted();
    const files = pickFiles(pack, parts, report);
    if (files === null) {
      notes.push(`${report.provider}: pack ${pack.manifest.id} has no files in a precision that it computes`);
      continue;
    }
    const release = report.provider === 'cpu' ? doNothing : await holdCard(await cardOf(report.provider), shareGpu);
    try {
      await assertModelFits(pack, parts, files, report.provider);
      const model = await create(files, { provider: report.provider, ...(threads === null ? {} : { threads }) });
      return { key: keyOf(request), model, release, note: notes.length === 0 ? undefined : notes.join('; ') };
    } catch (error) {
      await release();
      const isLast = report === selection.usable.at(-1);
      if (isLast || !(error instanceof Think2SegError) || error.code !== 'PROVIDER_UNAVAILABLE') {
        throw error;
      }
      notes.push(`${report.provider}: ${error.message}`);
    }
  }
  throw new Think2SegError(
    'PROVIDER_UNAVAILABLE',
    `no provider can run pack ${pack.manifest.id} (${notes.join('; ')}); use another pack, or --provider cpu`,
  );
}
