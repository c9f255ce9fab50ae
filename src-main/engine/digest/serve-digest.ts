/** The thread that sums up one file, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { Think2SegError } from '../../contract/errors.ts';
import type { FileDigest } from '../../core/files/known-digests.ts';
import { sha256OfFile } from '../../core/files/sha256.ts';
import { RunningRequests, type Reply } from '../running-requests.ts';

export type DigestReply = Reply<FileDigest>;

export function serveDigest(): void {
  const port = parentPort;
  if (port === null) {
    throw new Think2SegError('INTERNAL', 'a digest was started as a program, expected a thread of the engine');
  }
  void new RunningRequests()
    .answer(0, (signal) => sha256OfFile(workerData as string, signal))
    .then((reply: DigestReply) => port.postMessage(reply));
}
