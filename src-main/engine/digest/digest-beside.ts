/** Sums of large files, on a thread of their own: a run of a model holds the engine's thread, and a scene of gigabytes takes seconds. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { Think2SegError } from '../../contract/errors.ts';
import type { FileDigest } from '../../core/files/known-digests.ts';
import { sha256OfFile } from '../../core/files/sha256.ts';
import type { DigestReply } from './serve-digest.ts';

/** Less is summed up before a thread has started. */
const leastBytes = 32 * 1024 * 1024;

/**
 * @param entryPath the built script that calls `serveDigest()`.
 * @returns a function that does what `sha256OfFile` does.
 */
export function digestBeside(entryPath: string): typeof sha256OfFile {
  return async (path, signal) => {
    // What cannot be examined cannot be read either, and the reader says why.
    const isLarge = await stat(path).then(
      ({ size }) => size >= leastBytes,
      () => false,
    );
    return isLarge ? onThread(entryPath, path, signal) : sha256OfFile(path, signal);
  };
}

async function onThread(entryPath: string, path: string, signal: AbortSignal): Promise<FileDigest> {
  signal.throwIfAborted();
  const worker = new Worker(entryPath, { workerData: path });
  // An engine that has nothing else to do may end.
  worker.unref();
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop);
  try {
    return await new Promise<FileDigest>((resolve, reject) => {
      const fail = (reason: string, options: ErrorOptions = {}): void => {
        const message = `${path} cannot be summed up: its thread ${reason}; start again`;
        reject(new Think2SegError('INTERNAL', message, options));
      };
      worker.on('message', (reply: DigestReply) => {
        if (reply.kind === 'done') {
          resolve(reply.output);
        } else {
          reject(Think2SegError.fromEnvelope(reply.error));
        }
      });
      worker.on('error', (cause) => fail(`failed (${cause.message})`, { cause }));
      worker.on('exit', () => fail('ended'));
    });
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
