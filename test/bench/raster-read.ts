import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import { forgetBlocks } from '../../src-main/core/raster/block-cache.ts';
import { openRaster } from '../../src-main/core/raster/open-raster.ts';
import { compare, openPeer, type BenchRow, type Peer } from './harness.ts';

type Window = readonly [x: number, y: number, width: number, height: number];

interface ReadCase {
  readonly name: string;
  readonly scene: string;
  readonly windows: readonly Window[];
  readonly runs: number;
}

const note =
  'file opened anew for each run, no block kept from the run before, only the reads are timed; samples of both must be equal';

const size = 8192;
const scenes: Record<string, Record<string, unknown>> = {
  'deflate, predictor 2': { compress: 'deflate', predictor: 2 },
  deflate: { compress: 'deflate' },
  lzw: { compress: 'lzw', predictor: 2 },
};

const scattered: Window[] = Array.from({ length: 20 }, (_, index) => [
  (index * 1733) % (size - 1024),
  (index * 3571) % (size - 1024),
  1024,
  1024,
]);
const wholeInRows: Window[] = Array.from({ length: size / 1024 }, (_, index) => [0, index * 1024, size, 1024]);

/** Reading windows of tiled three-band 8-bit scenes, against rasterio. */
export async function bench(): Promise<BenchRow[]> {
  const opened = await openPeer('rasterio_read.py', ['rasterio', 'numpy']);
  if ('absent' in opened) {
    throw new Error(`the scenes are made by rasterio, which is absent: ${opened.absent}`);
  }
  try {
    const rows: BenchRow[] = [];
    for (const name of Object.keys(scenes)) {
      const scene = await makeScene(opened, name);
      const cases: ReadCase[] = [
        { name: `20 windows of 1024, ${name}`, scene, windows: scattered, runs: 3 },
        { name: `all of ${size}x${size} in 8 parts, ${name}`, scene, windows: wholeInRows, runs: 2 },
      ];
      for (const readCase of cases) {
        rows.push(await compareReads(opened, readCase));
      }
    }
    return rows;
  } finally {
    opened.close();
  }
}

async function makeScene(peer: Peer, name: string): Promise<string> {
  const path = resolve(import.meta.dirname, `../../out/bench/scene-${name.replace(/\W+/g, '-')}-${size}.tif`);
  await peer.time({ op: 'make', path, size, creation: scenes[name] });
  return path;
}

function compareReads(opened: Peer, { name, scene, windows, runs }: ReadCase): Promise<BenchRow> {
  let oursMd5 = '';
  return compare({
    area: 'raster',
    case: name,
    ours: async () => {
      const read = await readAll(scene, windows);
      oursMd5 = read.md5;
      return read.ms;
    },
    peer: async (peer) => {
      const reply = await peer.time({ op: 'read', path: scene, windows });
      if (reply['md5'] !== oursMd5) {
        throw new Error(`${name}: our samples differ from those of rasterio`);
      }
      return reply.ms;
    },
    opened,
    runs,
    note,
    target: 1.5,
  });
}

async function readAll(path: string, windows: readonly Window[]): Promise<{ ms: number; md5: string }> {
  const { signal } = new AbortController();
  // Neither side has decoded anything before.
  forgetBlocks();
  const source = await openRaster(path, signal);
  const hash = createHash('md5');
  let ms = 0;
  for (const [x, y, width, height] of windows) {
    const start = performance.now();
    const windowPx = { x, y, width, height };
    const read = await source.readWindow({ windowPx, outWidth: width, outHeight: height, bands: [1, 2, 3] }, signal);
    ms += performance.now() - start;
    read.bands.forEach((band) => hash.update(new Uint8Array(band.buffer, band.byteOffset, band.byteLength)));
  }
  await source.close();
  return { ms, md5: hash.digest('hex') };
}
