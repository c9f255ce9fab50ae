/** What a raster's result depends on: its bytes and the files beside it that GIS programs read with it. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import { isErrno } from '../files/write-failure.ts';
import { sha256OfFile } from '../files/sha256.ts';
import type { RasterDigest } from './batch-item.ts';

/** Appended to the whole name. */
const appendedSuffixes = ['.aux.xml', '.ovr', '.msk'];
/** In place of the extension: world files, projection, MapInfo table, ENVI header. */
const replacingSuffixes = ['.tfw', '.TFW', '.tifw', '.tiffw', '.wld', '.WLD', '.jgw', '.pgw', '.prj', '.tab', '.hdr'];

export interface FileStamp {
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE */
export async function stampOf(path: string): Promise<FileStamp> {
  try {
    const found = await stat(path);
    if (!found.isFile()) {
      throw new Think2SegError(
        'INPUT_NOT_RASTER',
        `${path} is not a file, expected a raster; check the list of inputs`,
      );
    }
    return { bytes: found.size, mtimeMs: found.mtimeMs };
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) {
      throw new Think2SegError('INPUT_NOT_FOUND', `${path} does not exist (any more); check the path`, {
        cause: thrown,
      });
    }
    if (thrown instanceof Think2SegError) {
      throw thrown;
    }
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Think2SegError('INPUT_NOT_READABLE', `${path} cannot be read (${reason}); check its permissions`, {
      cause: thrown,
    });
  }
}

async function sidecarsOf(path: string, signal: AbortSignal): Promise<RasterDigest['sidecars']> {
  const stem = path.slice(0, path.length - extname(path).length);
  const candidates = [
    ...appendedSuffixes.map((suffix) => ({ suffix, path: path + suffix })),
    ...replacingSuffixes.map((suffix) => ({ suffix, path: stem + suffix })),
  ];
  const sidecars: { suffix: string; sha256: string }[] = [];
  for (const candidate of candidates) {
    const isFile = await stat(candidate.path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile && candidate.path !== path) {
      sidecars.push({ suffix: candidate.suffix, sha256: (await sha256OfFile(candidate.path, signal)).sha256 });
    }
  }
  return sidecars;
}

/**
 * @param known sum of the same file from an earlier run; taken over when size and time of change are the same.
 * @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE
 */
export async function digestRaster(
  path: string,
  known: (FileStamp & { readonly sha256: string }) | undefined,
  signal: AbortSignal,
): Promise<RasterDigest> {
  const stamp = await stampOf(path);
  const unchanged = known !== undefined && known.bytes === stamp.bytes && known.mtimeMs === stamp.mtimeMs;
  const sha256 = unchanged ? known.sha256 : (await sha256OfFile(path, signal)).sha256;
  return { path, ...stamp, sha256, sidecars: await sidecarsOf(path, signal) };
}

/** @throws Think2SegError INPUT_CORRUPT when the raster was replaced or written to since its sum was taken. */
export async function assertUnchanged(digest: RasterDigest): Promise<void> {
  const { bytes, mtimeMs } = await stampOf(digest.path);
  if (bytes !== digest.bytes || mtimeMs !== digest.mtimeMs) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${digest.path} changed while it was worked on (${digest.bytes} bytes before, ${bytes} after); run it again`,
    );
  }
}
