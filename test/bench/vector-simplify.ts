import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { simplifyPolygons } from '../../src-main/core/vector/simplify.ts';
import { traceMask } from '../../src-main/core/vector/trace-mask.ts';
import { makeMask, type MaskKind } from '../support/synthetic-masks.ts';
import { compare, openPeer, type BenchRow } from './harness.ts';

const note =
  'polygons in memory, shared borders kept; GEOS weighs areas (Visvalingam) where ours bounds the distance, so the vertex counts differ';

const cases: { kind: MaskKind; size: number }[] = [
  { kind: 'blobs', size: 1024 },
  { kind: 'labels', size: 512 },
];

export async function bench(): Promise<BenchRow[]> {
  const opened = await openPeer('shapely_coverage.py', ['rasterio', 'shapely', 'numpy']);
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-bench-'));
  const rows: BenchRow[] = [];
  try {
    for (const { kind, size } of cases) {
      const mask = makeMask(kind, size, size, 1);
      const path = join(folder, `${kind}.bin`);
      await writeFile(path, mask);
      const traced = traceMask(mask, size, size, { connectivity: 4 }).map(({ parts }) => parts);
      const vertices = traced
        .flat()
        .reduce((sum, { rings }) => sum + rings.reduce((n, ring) => n + ring.length / 2, 0), 0);
      rows.push(
        await compare({
          area: 'vector',
          case: `simplify ${kind} ${size}x${size}, ${vertices} vertices, 1 px`,
          ours: () => {
            simplifyPolygons(traced, 1);
            return undefined;
          },
          peer: async (peer) => (await peer.time({ op: 'simplify', path, width: size, height: size, tolerance: 1 })).ms,
          opened,
          runs: 3,
          note,
        }),
      );
    }
  } finally {
    await rm(folder, { recursive: true });
    if (!('absent' in opened)) {
      opened.close();
    }
  }
  return rows;
}
