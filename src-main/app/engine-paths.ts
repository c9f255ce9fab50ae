/** Which inputs of the engine's routes name files, so that the window cannot reach others than the user chose. */
import { z } from 'zod';
import type { ChosenPaths } from './chosen-paths.ts';

const namedPathsSchema = z.looseObject({
  path: z.string().optional(),
  rasterPath: z.string().optional(),
  directory: z.string().optional(),
  embeddedDirectory: z.string().optional(),
  packDirectory: z.string().optional(),
  sourceDirectory: z.string().optional(),
  cacheDirectory: z.string().optional(),
  folder: z.string().optional(),
  request: z
    .looseObject({
      inputs: z.array(z.string()),
      listPath: z.string().nullable(),
      tablePath: z.string().nullable(),
      options: z.looseObject({ packDirectory: z.string() }),
    })
    .optional(),
  foreign: z.looseObject({ licencePath: z.string().optional() }).nullish(),
  outputPaths: z.array(z.string()).optional(),
  maskPath: z.string().nullish(),
  overlayPath: z.string().nullish(),
});

/** @throws Think2SegError INPUT_NOT_READABLE or OUTPUT_NOT_WRITABLE for a path that the user did not choose. */
export function assertEnginePaths(route: string, input: unknown, chosen: ChosenPaths): void {
  const named = namedPathsSchema.parse(input);
  const writes = route.startsWith('export.');
  const read = [
    named.rasterPath,
    named.directory,
    named.embeddedDirectory,
    named.packDirectory,
    named.sourceDirectory,
    named.cacheDirectory,
    named.foreign?.licencePath,
    writes ? undefined : named.path,
    ...(named.request?.inputs ?? []),
    named.request?.listPath ?? undefined,
    named.request?.tablePath ?? undefined,
    named.request?.options.packDirectory,
  ];
  const written = [
    ...(named.outputPaths ?? []),
    named.maskPath,
    named.overlayPath,
    named.folder,
    writes ? named.path : undefined,
  ];
  read.filter((path) => path !== undefined).forEach((path) => chosen.assertReadable(path));
  written
    .filter((path) => path !== undefined && path !== null)
    .forEach((path) => {
      chosen.assertWritable(path);
    });
}
