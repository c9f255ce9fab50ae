/** Routes that use the models. They share what is loaded and what was seen, and so take turns. */
import type { ModelOptions } from '../contract/model-options.ts';
import { askQuestion, recordHandWork, resegment, type AskPorts } from '../core/ask.ts';
import { createFeatureWriter } from '../core/export/feature-writer.ts';
import { KnownDigests } from '../core/files/known-digests.ts';
import { limitMemory } from '../core/inference/available-memory.ts';
import type { Pack } from '../core/pack/load-pack.ts';
import { runQuery } from '../core/query.ts';
import type { QueryContext } from '../core/query/query-ports.ts';
import { ViewMemory } from '../core/query/view-memory.ts';
import { forgetBlocks } from '../core/raster/block-cache.ts';
import { rasterReader } from '../core/raster/open-raster.ts';
import { digestBeside } from './digest/digest-beside.ts';
import { evaluateWithOthers } from './evaluate.ts';
import { installation } from './installation.ts';
import { LaneStore } from './lanes/lane-store.ts';
import { ModelQueue } from './model-queue.ts';
import type { ModelRequest } from './model-request.ts';
import { ModelStore } from './model-store.ts';
import { PackMemory } from './pack-memory.ts';
import type { Handlers } from './serve.ts';

type ModelRoute = 'query.segment' | 'query.ask' | 'query.resegment' | 'query.record' | 'evaluate.run' | 'models.unload';

export function createModelHandlers(): Pick<Handlers, ModelRoute> {
  const models = new ModelStore();
  const lanes = new LaneStore();
  const packs = new PackMemory();
  const views = new ViewMemory(rasterReader);
  const digests = new KnownDigests(digestBeside(installation.digestEntryPath));
  const queue = new ModelQueue();
  const writer = createFeatureWriter();

  const begin = ({ packDirectory, memoryBytes }: ModelOptions, signal: AbortSignal): Promise<Pack> => {
    limitMemory(memoryBytes ?? null);
    return packs.load(packDirectory, signal);
  };
  const portsFor = (request: ModelRequest): AskPorts => ({
    views,
    loadReasoner: (signal) => models.reasoner(request, signal),
    loadSegmenter: (signal) => models.segmenter(request, signal),
    digestFile: (path, signal) => digests.of(path, signal),
  });
  const contextOf = ({ manifest, sha256 }: Pack): QueryContext => ({
    application: { name: 'think2seg', version: installation.version },
    pack: { id: manifest.id, version: manifest.version, sha256 },
    frame: manifest.frame,
    answerSchema: manifest.promptSchema,
    providerNote: () => models.providerNote() ?? lanes.providerNote(),
  });

  return {
    'query.segment': (input, { signal, onProgress }) =>
      queue.run(signal, async () => {
        const pack = await begin(input, signal);
        const request = { ...input, pack };
        const ports = portsFor(request);
        // Lanes load their models while the scene is opened. A failure is that of whoever waits for them.
        const opened = input.scale?.name === 'tiles' ? lanes.open(request, signal) : null;
        opened?.catch(() => undefined);
        const openLanes = async (laneSignal: AbortSignal) =>
          (await (opened ?? lanes.open(request, laneSignal))) ?? [ports];
        return runQuery({ ...ports, rasters: rasterReader, writer, openLanes }, input, contextOf(pack), {
          signal,
          onProgress,
        });
      }),

    'query.ask': (input, { signal, onProgress }) =>
      queue.run(signal, async () => {
        onProgress({ stage: 'loading' });
        const pack = await begin(input, signal);
        return askQuestion(portsFor({ ...input, pack }), input, contextOf(pack), { signal, onProgress });
      }),

    'query.resegment': (input, { signal, onProgress }) =>
      queue.run(signal, async () => {
        const pack = await begin(input, signal);
        return resegment(portsFor({ ...input, pack }), input, contextOf(pack), { signal, onProgress });
      }),

    'evaluate.run': (input, { signal, onProgress }) =>
      queue.run(signal, async () => {
        onProgress({ stage: 'loading' });
        const pack = await begin(input, signal);
        const ports = { ...portsFor({ ...input, pack }), rasters: rasterReader };
        return evaluateWithOthers(ports, input, contextOf(pack), { signal, onProgress });
      }),

    'query.record': (input, { signal, onProgress }) =>
      queue.run(signal, async () => {
        const pack = await begin(input, signal);
        return recordHandWork(portsFor({ ...input, pack }), input, contextOf(pack), { signal, onProgress });
      }),

    'models.unload': (_, { signal }) =>
      queue.run(signal, async () => {
        await views.forget();
        forgetBlocks();
        await models.dispose();
        await lanes.dispose();
        return null;
      }),
  };
}
