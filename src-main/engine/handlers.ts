/** What each route does. */
import { userPacksDirectory } from '../contract/user-directories.ts';
import { importPack } from '../core/pack/import-pack.ts';
import { inspectPack, listPacks, summarizePack } from '../core/pack/list-packs.ts';
import { surveyPack } from '../core/pack/survey-pack.ts';
import { verifyPack } from '../core/pack/verify-pack.ts';
import { sceneDisplay } from '../core/raster/scene-display.ts';
import { sceneInfo } from '../core/raster/scene-info.ts';
import { examineMachine } from './doctor.ts';
import { createBatchHandlers } from './batch-handlers.ts';
import { createExportHandlers } from './export-handlers.ts';
import { installation } from './installation.ts';
import { createModelHandlers } from './model-handlers.ts';
import type { Handlers } from './serve.ts';
import { createShapeHandlers } from './shape-handlers.ts';

export function createHandlers(): Handlers {
  const models = createModelHandlers();
  return {
    ...models,
    ...createBatchHandlers(models['query.segment']),
    ...createShapeHandlers(),
    ...createExportHandlers(),

    'scene.info': ({ path, stats }, { signal }) => sceneInfo(path, { stats }, signal),

    'scene.display': ({ path, cacheDirectory }, { signal, onProgress }) =>
      sceneDisplay(path, cacheDirectory, { signal, onProgress }),

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

    'pack.survey': ({ sourceDirectory }) => surveyPack(sourceDirectory),

    'pack.import': async ({ sourceDirectory, foreign, overwrite }, { signal, onProgress }) => {
      const packsDirectory = userPacksDirectory();
      const pack = await importPack(sourceDirectory, { packsDirectory, foreign, overwrite, signal, onProgress });
      return summarizePack(pack, false);
    },

    doctor: ({ packDirectory }, { signal, onProgress }) => examineMachine(packDirectory, { signal, onProgress }),
  };
}
