import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { iterateTracedPolygons } from '../../src-main/core/vector/trace-mask.ts';
import { makeMask, type MaskKind } from '../support/synthetic-masks.ts';
import { compare, openPeer, type BenchRow } from './harness.ts';

/** rasterio makes a dictionary per polygon and ours makes typed arrays; both are consumed one by one and counted. */
const note = 'mask in memory -> every polygon with its holes, consumed one at a time; counts must agree';

const cases: { kind: MaskKind; size: number; runs: number }[] = [
  { kind: 'blobs', size: 4096, runs: 1 },
  { kind: 'labels', size: 2048, runs: 1 },
  { kind: 'speckle', size: 1024, runs: 3 },
  { kind: 'noise', size: 1024, runs: 1 },
  { kind: 'checkerboard', size: 512, runs: 3 },
];

export async function bench(): Promise<BenchRow[]> {
  const opened = await openPeer('rasterio_shapes.py', ['rasterio', 'numpy']);
  const folder = await mkdtemp(join(tmpdir(), 'think2seg-bench-'));
  const rows: BenchRow[] = [];
  try {
    for (const { kind, size, runs } of cases) {
      const mask = makeMask(kind, size, size, 1);
      const path = join(folder, `${kind}.bin`);
      await writeFile(path, mask);
      for (const connectivity of [4, 8] as const) {
        let count = 0;
        rows.push(
          await compare({
            area: 'vector',
            case: `trace ${kind} ${size}x${size}, ${connectivity}-connected`,
            ours: () => {
              count = 0;
              for (const polygon of iterateTracedPolygons(mask, size, size, { connectivity })) {
                count += polygon.parts.length > 0 ? 1 : 0;
              }
              return undefined;
            },
            peer: async (peer) => {
              const reply = await peer.time({ op: 'shapes', path, width: size, height: size, connectivity });
              if (reply['count'] !== count) {
                throw new Error(`${kind}: ${count} polygons, rasterio has ${String(reply['count'])}`);
              }
              return reply.ms;
            },
            opened,
            runs,
            target: 0.5,
            note,
          }),
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true });
    if (!('absent' in opened)) {
      opened.close();
    }
  }
  return rows;
}
