/** No output takes the place of what it is made from, not even where overwriting was allowed. */
import { realpath } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';
import { outputFilesOf } from './output-files.ts';

/** Where a path leads; the path itself when nothing is there. */
async function target(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** @throws Think2SegError USAGE when one of the files of an output is the input. */
export async function refuseInput(inputPath: string, outputPaths: readonly string[]): Promise<void> {
  const input = await target(inputPath);
  for (const path of outputPaths) {
    for (const file of outputFilesOf(path)) {
      if ((await target(file)) === input) {
        throw new Think2SegError(
          'USAGE',
          `output ${file} is the raster that is read, expected another file; choose another name`,
        );
      }
    }
  }
}
