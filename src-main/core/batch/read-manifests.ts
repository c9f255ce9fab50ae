/** What the manifests of a folder say of some work: the last word about each item. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoneLine, FailedLine } from '../../contract/batch.ts';
import { byName } from './expand-inputs.ts';
import { completeLines, manifestName } from './manifest.ts';

/** A line without what only provenance needs: there may be a hundred thousand. */
export type KnownItem =
  | Pick<
      DoneLine,
      'state' | 'key' | 'path' | 'question' | 'target' | 'status' | 'features' | 'areaM2' | 'crs' | 'outputs' | 'wallMs'
    >
  | Pick<FailedLine, 'state' | 'key' | 'path' | 'question' | 'target' | 'code' | 'message'>;

/**
 * Last lines of the given items, in the order of `keys`. Work that was done on one machine and failed on another is done, unless the answer of
 * the one is no longer what it was, or is of a raster that is another one now.
 */
export async function readManifests(folder: string, keys: Iterable<string>): Promise<KnownItem[]> {
  const wanted = new Set(keys);
  const lastByKey = new Map<string, KnownItem>();
  const answeredSums = new Map<string, string>();
  const names = (await readdir(folder)).filter((name) => manifestName.test(name)).sort(byName);
  for (const name of names) {
    const before = new Set(lastByKey.keys());
    for await (const { line } of completeLines(join(folder, name))) {
      if (line.kind === 'start' || !wanted.has(line.key)) {
        continue;
      }
      if (line.state === 'failed') {
        const isOutdated =
          line.code === 'OUTPUT_EXISTS' || (line.raster !== null && line.raster.sha256 !== answeredSums.get(line.key));
        if (isOutdated || !before.has(line.key) || lastByKey.get(line.key)?.state === 'failed') {
          const { state, key, path, question, target, code, message } = line;
          lastByKey.set(line.key, { state, key, path, question, target, code, message });
        }
        continue;
      }
      const { state, key, path, question, target, status, features, areaM2, crs, outputs, wallMs } = line;
      answeredSums.set(key, line.raster.sha256);
      lastByKey.set(key, { state, key, path, question, target, status, features, areaM2, crs, outputs, wallMs });
    }
  }
  return [...wanted].flatMap((key) => lastByKey.get(key) ?? []);
}
