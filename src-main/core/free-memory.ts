import { MessageChannel } from 'node:worker_threads';

/** Nobody can read from it: what is handed over to it is gone. */
const sink = new MessageChannel().port1;
sink.close();

/**
 * Frees the memory of arrays now; they are empty after. The garbage collector sees their small objects rather than the megabytes behind
 * them: it may come late, while all else works on memory that no processor cache holds, and then comes for the megabytes' sake.
 */
export function freeMemory(arrays: Iterable<ArrayBufferView>): void {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of arrays) {
    if (buffer instanceof ArrayBuffer && byteLength > 0) {
      buffers.add(buffer);
    }
  }
  sink.postMessage(null, [...buffers]);
}
