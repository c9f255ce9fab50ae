import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Think2SegError } from '../../contract/errors.ts';

/**
 * SHA-256 (lower-case hexadecimal) and size of a file, read as a stream.
 *
 * @throws Think2SegError INPUT_NOT_READABLE
 */
export async function sha256OfFile(path: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  signal.throwIfAborted();
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Think2SegError('INPUT_NOT_READABLE', `${path} cannot be read (${reason}); check the file and its disk`, {
      cause: thrown,
    });
  }
  return { bytes, sha256: hash.digest('hex') };
}
