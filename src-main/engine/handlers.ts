/** What each route does. */
import { toThink2SegError } from '../contract/errors.ts';
import { userPacksDirectory } from '../contract/user-directories.ts';
import { importPack } from '../core/pack/import-pack.ts';
import { removeAbandonedImports } from '../core/pack/import-scratch.ts';
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

    'pack.list': async ({ embeddedDirectory }, { signal, onProgress }) => {
      const note = (text: string): void => onProgress({ stage: 'loading', note: text });
      const userDirectory = userPacksDirectory();
      // A pack that an import had set aside when it was killed comes back.
      await removeAbandonedImports(userDirectory).catch((thrown: unknown) => note(toThink2SegError(thrown).message));
      return listPacks({
        embeddedDirectory,
        userDirectory,
        signal,
        onProblem: (directory, error) => note(`${directory} is left out, ${error.code}: ${error.message}`),
      });
    },

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
