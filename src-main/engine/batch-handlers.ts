/** Batches in the desktop's engine: the same work as `think2seg batch`, scene by scene, so that questions of the window come in between. */
import { resolve } from 'node:path';
import { itemKey } from '../core/batch/batch-item.ts';
import { planItems } from '../core/batch/plan-items.ts';
import { processBatch } from '../core/batch/process-batch.ts';
import { formatsToMerge } from '../core/batch/merge-scenes.ts';
import { loadPack } from '../core/pack/load-pack.ts';
import { installation } from './installation.ts';
import type { Handlers } from './serve.ts';

/** @param segment takes its turn among the calls that use the models. */
export function createBatchHandlers(segment: Handlers['query.segment']): Pick<Handlers, 'batch.run' | 'batch.pause'> {
  const pauses = new Map<string, AbortController>();
  return {
    'batch.run': async ({ folder: named, request, retryFailed, crashedKeys }, { signal, onProgress }) => {
      const folder = resolve(named);
      const pause = new AbortController();
      pauses.set(folder, pause);
      try {
        const { merge } = request;
        const formats = merge ? formatsToMerge(request.options.formats) : request.options.formats;
        const options = { ...request.options, formats };
        const { items, problems } = await planItems(request, folder);
        const planned = items.map((item) => ({
          key: itemKey(item, options),
          path: item.rasterPath,
          question: item.question,
        }));
        onProgress({ stage: 'batch', batch: { kind: 'planned', items: planned } });
        const { manifest, sha256 } = await loadPack(options.packDirectory, signal);
        return await processBatch(
          {
            items,
            problems,
            shard: null,
            merge,
            application: { name: 'think2seg', version: installation.version },
            request,
          },
          {
            folder,
            options,
            pack: { id: manifest.id, sha256 },
            timeoutMs: null,
            failFast: false,
            retryFailed,
            crashedKeys: new Set(crashedKeys),
          },
          {
            executor: {
              slots: 1,
              run: (_slot, input, stop) => segment(input, { signal: stop, onProgress: () => undefined }),
            },
            onEvent: (batch) => onProgress({ stage: 'batch', batch }),
          },
          { finish: pause.signal, stop: signal },
        );
      } finally {
        pauses.delete(folder);
      }
    },

    'batch.pause': ({ folder }) => {
      pauses.get(resolve(folder))?.abort();
      return Promise.resolve(null);
    },
  };
}
