import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { BatchItem } from './batch-item.ts';
import type { Shard } from './manifest.ts';

/**
 * The items that belong to a shard. Depends on the names of the files only: where files come or go between two runs, the others stay
 * where they were. All questions about a raster are in one shard.
 */
export function itemsOfShard(items: readonly BatchItem[], shard: Shard | null): BatchItem[] {
  return items.filter(
    ({ rasterPath }) =>
      shard === null ||
      createHash('sha256').update(basename(rasterPath)).digest().readUInt32BE(0) % shard.count === shard.index - 1,
  );
}
