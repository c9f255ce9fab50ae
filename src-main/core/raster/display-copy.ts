/**
 * A copy of a scene that a map can draw through range requests: tiled, with overviews, in the scene's own samples and place. Made
 * once and kept in a folder; memory is bounded by some rows of tiles.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Geotransform } from '../../contract/geo.ts';
import type { OnProgress } from '../../contract/progress.ts';
import type { SampleType } from '../../contract/scene.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { fileIdentity } from '../files/file-identity.ts';
import type { DrawnSampleType, RowBlock } from './halve-rows.ts';
import { rowBlocks } from './row-blocks.ts';
import { bytesPerSample } from './samples.ts';
import type { Scene } from './scene.ts';
import { TiffPyramid, tileSide } from './tiff-pyramid.ts';

/** Full level of a copy before compression. A larger scene is copied at half, a quarter ... of its resolution. */
const maxCopyBytes = 2 ** 31;
/** Samples held at a time. */
const maxBlockBytes = 64 * 2 ** 20;
/** All copies together; the ones not used for longest go first. */
const maxFolderBytes = 8 * 2 ** 30;
const abandonedAfterMs = 24 * 3_600_000;
/** Changes with every change of what a copy looks like. */
const copyVersion = 1;

export interface DisplayCopy {
  readonly path: string;
  /** Pixels of the scene along one pixel of the copy. */
  readonly decimation: number;
}

const drawnType: Readonly<Record<SampleType, DrawnSampleType>> = {
  uint8: 'uint8',
  int8: 'int8',
  uint16: 'uint16',
  int16: 'int16',
  uint32: 'uint32',
  int32: 'int32',
  float32: 'float32',
  float64: 'float32',
  uint64: 'float32',
  int64: 'float32',
};

/**
 * Finds or makes the copy of a scene. Copies go by the identity of the scene file, of its sidecars and of the files it is put together from, so a
 * changed scene gets a new one.
 *
 * @param transform pixel of the scene to map.
 * @throws Think2SegError OUTPUT_NOT_WRITABLE, OUTPUT_FULL, and what reading the scene throws.
 */
export async function displayCopy(
  scene: Scene,
  transform: Geotransform,
  cacheDirectory: string,
  caller: { signal: AbortSignal; onProgress: OnProgress },
): Promise<DisplayCopy> {
  const decimation = decimationOf(scene);
  const path = join(cacheDirectory, `${await keyOf(scene)}.tif`);
  await mkdir(cacheDirectory, { recursive: true });
  if ((await fileIdentity(path)) !== null) {
    const now = new Date();
    await utimes(path, now, now);
    return { path, decimation };
  }
  await withAtomicOutputs([path], { overwrite: true, signal: caller.signal }, async ([temporaryPath]) => {
    await writeCopy(scene, transform, decimation, temporaryPath, caller);
  });
  await removeAbandoned(cacheDirectory);
  await removeOldest(cacheDirectory, path);
  return { path, decimation };
}

async function keyOf({ info: { path }, sourcePaths }: Scene): Promise<string> {
  const sidecars = ['', '.ovr', '.msk', '.aux.xml'].map((suffix) => `${path}${suffix}`);
  const identities = await Promise.all([...sidecars, ...sourcePaths].map(fileIdentity));
  const facts = [copyVersion, path, ...identities];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

function decimationOf({ info, palette }: Scene): number {
  const type = drawnType[info.bands[0]?.type ?? 'uint8'];
  const bytesPerPixel = palette === null ? info.bands.length * bytesPerSample(type) : 3;
  let decimation = 1;
  while (
    Math.ceil(info.width / decimation) * Math.ceil(info.height / decimation) * bytesPerPixel > maxCopyBytes &&
    Math.min(info.width, info.height) > decimation
  ) {
    decimation *= 2;
  }
  return decimation;
}

async function writeCopy(
  scene: Scene,
  [a, b, c, d, e, f]: Geotransform,
  decimation: number,
  path: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: OnProgress },
): Promise<void> {
  const { info, palette } = scene;
  const width = Math.ceil(info.width / decimation);
  const height = Math.ceil(info.height / decimation);
  const isPalette = palette !== null;
  const types = [...new Set(info.bands.map(({ type }) => drawnType[type]))];
  const sampleType = isPalette ? 'uint8' : types.length === 1 ? types[0]! : 'float32';
  const nodata = isPalette ? null : commonNodata(scene, sampleType);
  const bandCount = isPalette ? 3 : info.bands.length;
  // The pixels of a copy that is decimated need not fill its last column and row.
  const scaleX = info.width / width;
  const scaleY = info.height / height;
  const file = await open(path, 'w');
  try {
    const pyramid = new TiffPyramid(file, {
      width,
      height,
      sampleType,
      bandCount,
      isRgb: isPalette || isRgb(scene),
      nodata,
      transform: [a * scaleX, b * scaleY, c, d * scaleX, e * scaleY, f],
      hasMask: nodata === null && (scene.rule.kind !== 'all' || isPalette),
    });
    const bandBytes = width * tileSide * bytesPerSample(sampleType);
    const together = isPalette ? 3 : Math.max(1, Math.min(bandCount, Math.floor(maxBlockBytes / bandBytes)));
    const rows = Math.max(1, Math.floor(maxBlockBytes / (bandBytes * together))) * tileSide;
    for (let first = 0; first < bandCount; first += together) {
      const bands = Array.from({ length: Math.min(together, bandCount - first) }, (_, index) => first + index + 1);
      const blocks = rowBlocks(
        scene,
        { bands: isPalette ? [1] : bands, width, height, rows, sampleType, nodata },
        signal,
      );
      await pyramid.writeBands(
        first,
        reported(blocks, (done) => {
          const total = height * bandCount;
          onProgress({ stage: 'reading', done: first * height + done * bands.length, total });
        }),
      );
    }
    await pyramid.finish();
  } finally {
    await file.close();
  }
}

async function* reported(blocks: AsyncIterable<RowBlock>, onRows: (done: number) => void): AsyncGenerator<RowBlock> {
  let done = 0;
  for await (const block of blocks) {
    yield block;
    done += block.rows;
    onRows(done);
  }
}

/** The nodata value of all bands as the copy can say it; null when there is none or when bands differ. */
function commonNodata({ rule, info }: Scene, sampleType: DrawnSampleType): number | null {
  if (rule.kind !== 'nodata' || rule.values.some((value) => value === null || !Object.is(value, rule.values[0]))) {
    return null;
  }
  const isConverted = info.bands.some(({ type }) => type !== sampleType);
  return isConverted ? Number.NaN : (rule.values[0] ?? null);
}

function isRgb({ info }: Scene): boolean {
  return ['red', 'green', 'blue'].every((color, index) => info.bands[index]?.colorInterpretation === color);
}

/** What a killed process left unfinished; younger ones may be copies that are being made. */
async function removeAbandoned(cacheDirectory: string): Promise<void> {
  const names = (await readdir(cacheDirectory)).filter((name) => name.startsWith('.think2seg-'));
  for (const path of names.map((name) => join(cacheDirectory, name))) {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > abandonedAfterMs) {
      await rm(path, { recursive: true });
    }
  }
}

async function removeOldest(cacheDirectory: string, keep: string): Promise<void> {
  const names = (await readdir(cacheDirectory)).filter((name) => /^[0-9a-f]{32}\.tif$/.test(name));
  const copies = await Promise.all(
    names.map(async (name) => {
      const path = join(cacheDirectory, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  let total = copies.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of copies.sort((left, right) => left.mtimeMs - right.mtimeMs)) {
    if (total > maxFolderBytes && path !== keep) {
      await unlink(path);
      total -= size;
    }
  }
}
