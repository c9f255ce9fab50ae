/** Files beside an output that go by the names of its parts, while it is not there itself, are parts of something else. */
import { basename } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import { isPresent } from './is-present.ts';
import { outputFilesOf } from './output-files.ts';

/** The `.prj` of a raster may be the only one that knows where it lies: it is not replaced, not even where overwriting was allowed. @throws OUTPUT_EXISTS */
export function refuseForeignParts(path: string): void {
  if (isPresent(path)) {
    return;
  }
  const foreign = outputFilesOf(path).find(isPresent);
  if (foreign !== undefined) {
    throw new Think2SegError(
      'OUTPUT_EXISTS',
      `${foreign} exists already and is no part of a ${basename(path)}, which is not there; choose another name or move it away`,
    );
  }
}
