/** What each route does. The only place that joins packs, models and the pipeline. */
import { userPacksDirectory } from '../contract/user-directories.ts';
import { createFeatureWriter } from '../core/export/feature-writer.ts';
import { importPack } from '../core/pack/import-pack.ts';
import { inspectPack, listPacks, summarizePack } from '../core/pack/list-packs.ts';
import { loadPack } from '../core/pack/load-pack.ts';
import { verifyPack } from '../core/pack/verify-pack.ts';
import { runQuery } from '../core/query.ts';
import { rasterReader } from '../core/raster/open-raster.ts';
import { sceneInfo } from '../core/raster/scene-info.ts';
import { examineMachine } from './doctor.ts';
import { installation } from './installation.ts';
import { ModelStore } from './model-store.ts';
import type { Handlers } from './serve.ts';

export function createHandlers(): Handlers {
  const models = new ModelStore();
  const writer = createFeatureWriter();
  return {
    'scene.info': ({ path, stats }, { signal }) => sceneInfo(path, { stats }, signal),

    'query.segment': async (input, { signal, onProgress }) => {
      const pack = await loadPack(input.packDirectory, signal);
      const request = { pack, provider: input.provider, threads: input.threads };
      const { id, version } = pack.manifest;
      return runQuery(
        {
          rasters: rasterReader,
          writer,
          loadReasoner: () => models.reasoner(request, signal),
          loadSegmenter: () => models.segmenter(request, signal),
        },
        input,
        {
          application: { name: 'think2seg', version: installation.version },
          pack: { id, version, sha256: pack.sha256 },
          frame: pack.manifest.frame,
          answerSchema: pack.manifest.promptSchema,
          providerNote: () => models.providerNote(),
        },
        { signal, onProgress },
      );
    },

    'pack.list': ({ embeddedDirectory }, { signal, onProgress }) =>
      listPacks({
        embeddedDirectory,
        userDirectory: userPacksDirectory(),
        signal,
        onProblem: (directory, error) => {
          onProgress({ stage: 'loading', note: `${directory} is left out, ${error.code}: ${error.message}` });
        },
      }),

    'pack.inspect': ({ directory }, { signal }) =>
      inspectPack(directory, { embeddedDirectory: installation.embeddedPackDirectory, signal }),

    'pack.verify': ({ directory }, context) => verifyPack(directory, context),

    'pack.import': async ({ sourceDirectory, foreign, overwrite }, { signal, onProgress }) => {
      const packsDirectory = userPacksDirectory();
      const pack = await importPack(sourceDirectory, { packsDirectory, foreign, overwrite, signal, onProgress });
      return summarizePack(pack, false);
    },

    doctor: ({ packDirectory }, { signal, onProgress }) => examineMachine(packDirectory, { signal, onProgress }),
  };
}
