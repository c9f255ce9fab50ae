/** Owns the loaded models: loads them on the best provider that works, keeps them between queries, unloads them. */
import type { ProviderName } from '../contract/provider.ts';
import { Think2SegError } from '../contract/errors.ts';
import type { ModelPart } from '../core/pack/model-files.ts';
import { memoryLimitBytes } from '../core/inference/available-memory.ts';
import { assertModelFits } from '../core/pack/memory.ts';
import type { Reasoner, Segmenter } from '../core/ports.ts';
import { createReasoner } from '../core/reason/reasoner.ts';
import { createSegmenter } from '../core/segment/segmenter.ts';
import { lvlmFiles, lvlmParts, pickFiles, segmenterFiles, segmenterParts, type PickedFiles } from './picked-files.ts';
import { providersFor, type ModelRequest } from './model-request.ts';

interface Loaded<Model> {
  readonly key: string;
  readonly model: Model;
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
      await this.#reasoner?.model.dispose();
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
      await this.#segmenter?.model.dispose();
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
    await this.#reasoner?.model.dispose();
    await this.#segmenter?.model.dispose();
    this.#reasoner = null;
    this.#segmenter = null;
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
  const { pack, threads } = request;
  const selection = await providersFor(request, signal);
  const notes = selection.note === undefined ? [] : [selection.note];
  for (const report of selection.usable) {
    signal.throwIfAborted();
    const files = pickFiles(pack, parts, report);
    if (files === null) {
      notes.push(`${report.provider}: pack ${pack.manifest.id} has no files in a precision that it computes`);
      continue;
    }
    await assertModelFits(pack, parts, files, report.provider);
    try {
      const model = await create(files, { provider: report.provider, ...(threads === null ? {} : { threads }) });
      return { key: keyOf(request), model, note: notes.length === 0 ? undefined : notes.join('; ') };
    } catch (error) {
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
