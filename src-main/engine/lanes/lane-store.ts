/** Owns the lanes of the pack that was asked last, and keeps them between scenes. */
import { availableMemory, memoryLimitBytes, programBytes } from '../../core/inference/available-memory.ts';
import { smallModelBytes } from '../../core/inference/small-models.ts';
import { processorThreads } from '../../core/inference/threads.ts';
import { estimateModelBytes } from '../../core/pack/memory.ts';
import type { ModelLoaders } from '../../core/query/query-ports.ts';
import { installation } from '../installation.ts';
import { providersFor, type ModelRequest } from '../model-request.ts';
import { lvlmFiles, lvlmParts, pickFiles, segmenterFiles, segmenterParts } from '../picked-files.ts';
import { callersPerLane } from './lane-calls.ts';
import { LaneModels } from './lane-models.ts';
import { LaneThread } from './lane-thread.ts';

const parts = [...lvlmParts, ...segmenterParts];
/** One thread reads tiles and joins their objects; it keeps no more lanes busy than this. */
const mostLanes = 8;

export class LaneStore {
  #open: { readonly key: string; readonly threads: LaneThread[]; readonly models: LaneModels[] } | null = null;
  #note: string | undefined;

  /** Why a better provider does not run in the lanes. */
  providerNote(): string | undefined {
    return this.#note;
  }

  /** @returns one for each caller of each lane; null where the models of `request` are better loaded once, for all threads. */
  async open(request: ModelRequest, signal: AbortSignal): Promise<readonly ModelLoaders[] | null> {
    const { pack, threads } = request;
    const selection = await providersFor(request, signal);
    const [best] = selection.usable;
    const files = best?.provider === 'cpu' ? pickFiles(pack, parts, best) : null;
    const bytes = files === null ? 0 : Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
    const wanted = Math.min(threads ?? processorThreads(), mostLanes);
    // One run of small models does not keep several cores busy: they are better asked side by side. Larger ones are loaded once.
    if (files === null || bytes > smallModelBytes || wanted < 2) {
      await this.dispose();
      return null;
    }
    const key = JSON.stringify([pack.directory, pack.sha256, wanted, memoryLimitBytes()]);
    if (this.#open?.key !== key) {
      await this.dispose();
      const laneBytes = (await estimateModelBytes(pack, parts, files)) - programBytes;
      const fitting = Math.floor((availableMemory().bytes - programBytes) / laneBytes);
      if (fitting < 2) {
        return null;
      }
      const start = { lvlm: lvlmFiles(pack, files), recipe: pack.recipe, segmenter: segmenterFiles(pack, files) };
      const lanes = Array.from(
        { length: Math.min(wanted, fitting) },
        () => new LaneThread(installation.laneEntryPath, start),
      );
      const models = Array.from({ length: callersPerLane }, () => lanes.map((lane) => new LaneModels(lane))).flat();
      this.#open = { key, threads: lanes, models };
    }
    this.#note = selection.note;
    return this.#open.models;
  }

  /** Ends all lanes. */
  async dispose(): Promise<void> {
    const threads = this.#open?.threads ?? [];
    this.#open = null;
    this.#note = undefined;
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
