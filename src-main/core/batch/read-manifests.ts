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

/** Last lines of the given items, in the order of `keys`. Work that was done on one machine and failed on another is done. */
export async function readManifests(folder: string, keys: Iterable<string>): Promise<KnownItem[]> {
  const wanted = new Set(keys);
  const lastByKey = new Map<string, KnownItem>();
  const names = (await readdir(folder)).filter((name) => manifestName.test(name)).sort(byName);
  for (const name of names) {
    const before = new Set(lastByKey.keys());
    for await (const { line } of completeLines(join(folder, name))) {
      if (line.kind === 'start' || !wanted.has(line.key)) {
        continue;
      }
      if (line.state === 'failed') {
        if (!before.has(line.key) || lastByKey.get(line.key)?.state === 'failed') {
          const { state, key, path, question, target, code, message } = line;
          lastByKey.set(line.key, { state, key, path, question, target, code, message });
        }
        continue;
      }
      const { state, key, path, question, target, status, features, areaM2, crs, outputs, wallMs } = line;
      lastByKey.set(key, { state, key, path, question, target, status, features, areaM2, crs, outputs, wallMs });
    }
  }
  return [...wanted].flatMap((key) => lastByKey.get(key) ?? []);
}
