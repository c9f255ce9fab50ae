/** `t2s-raster:` gives the map the bytes of files that were granted to it, and of no others. Range requests, streamed. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Think2SegError } from '../contract/errors.ts';
import { parseByteRange } from './byte-range.ts';
import { serveScheme, type SchemeRequest, type SchemeResponse } from './electron-22/serve-scheme.ts';

export const rasterScheme = 't2s-raster';

interface Grant {
  readonly path: string;
  /** The file and what it is a copy of, each as it was when it was granted. */
  readonly stamps: ReadonlyMap<string, string | null>;
}

export class RasterGrants {
  readonly #byKey = new Map<string, Grant>();

  /**
   * @param scenePath what `path` is a copy of
   * @returns an address that says nothing of where the file lies
   */
  async grant(path: string, scenePath = path): Promise<{ url: string; bytes: number }> {
    const bytes = await fileBytes(path);
    const stamps = await Promise.all([path, scenePath].map(async (one) => [one, await stampOf(one)] as const));
    // Each grant is one of its own: whoever gives back theirs takes it from nobody else.
    const key = randomUUID();
    this.#byKey.set(key, { path, stamps: new Map(stamps) });
    return { url: `${rasterScheme}://${key}/${encodeURIComponent(basename(path))}`, bytes };
  }

  revoke(url: string): void {
    this.#byKey.delete(keyOf(url));
  }

  pathOf(url: string): string | undefined {
    return this.#byKey.get(keyOf(url))?.path;
  }

  /** Whether a file was written to or replaced since. One that is gone has not changed: reading it says so. */
  async hasChanged(url: string): Promise<boolean> {
    for (const [path, before] of this.#byKey.get(keyOf(url))?.stamps ?? []) {
      const now = await stampOf(path);
      if (now !== null && now !== before) {
        return true;
      }
    }
    return false;
  }
}

async function stampOf(path: string): Promise<string | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size}:${mtimeMs}`;
  } catch {
    return null;
  }
}

/** The name of the file is for people; the key alone decides. */
function keyOf(url: string): string {
  return new URL(url).hostname;
}

async function fileBytes(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) {
      return found.size;
    }
  } catch (thrown) {
    throw new Think2SegError('INPUT_NOT_FOUND', `${path} is not there; check the path`, { cause: thrown });
  }
  throw new Think2SegError('INPUT_NOT_RASTER', `${path} is no file, expected a raster file`);
}

/** @param pageOrigin the only page whose scripts may read the answers */
export function serveRasters(grants: RasterGrants, pageOrigin: string): void {
  serveScheme(rasterScheme, (request) => rasterResponse(grants, pageOrigin, request));
}

export async function rasterResponse(
  grants: RasterGrants,
  pageOrigin: string,
  { url, method, headers }: SchemeRequest,
): Promise<SchemeResponse> {
  const shared = {
    'access-control-allow-origin': pageOrigin,
    'access-control-allow-headers': 'range',
    'access-control-expose-headers': 'content-range, content-length, accept-ranges',
    'accept-ranges': 'bytes',
    // The file may change between two requests, and a copy in memory would be of no use: the disk is near.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  const answer = (status: number, more: Record<string, string> = {}, body = Readable.from([])): SchemeResponse => ({
    status,
    headers: { ...shared, 'content-length': '0', ...more },
    body,
  });
  if (method === 'OPTIONS') {
    return answer(204);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return answer(405, { allow: 'GET, HEAD' });
  }
  const path = grants.pathOf(url);
  if (path === undefined) {
    return answer(403);
  }
  let size;
  try {
    size = await fileBytes(path);
  } catch {
    return answer(404);
  }
  // Blocks of two versions of a file would make a picture of neither.
  if (await grants.hasChanged(url)) {
    return answer(409);
  }
  const range = parseByteRange(headers['range'], size);
  if (range === 'unsatisfiable') {
    return answer(416, { 'content-range': `bytes */${size}` });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const partial = range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
  return answer(
    range === null ? 200 : 206,
    { 'content-type': 'application/octet-stream', 'content-length': String(end - start + 1), ...partial },
    method === 'HEAD' || size === 0 ? Readable.from([]) : createReadStream(path, { start, end }),
  );
}
