/** Reads requests line by line and answers each with lines. Knows no process and no model: `segment` does the work. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Think2SegError, toThink2SegError } from '../contract/errors.ts';
import { explainParse } from '../contract/explain-parse.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import { serveRequestSchema, type ServeId, type ServeInput, type ServeReply } from '../contract/serve.ts';

export type SegmentRequest = (
  input: ServeInput,
  options: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
) => Promise<SegmentResult>;

/** Resolves when stdin has ended, or a shutdown was asked for, and all that was asked before is answered. */
export async function serveLines(
  requests: Readable,
  reply: (message: ServeReply) => void,
  segment: SegmentRequest,
): Promise<void> {
  const running = new Map<ServeId, { controller: AbortController; settled: Promise<void> }>();
  const start = (id: ServeId, input: ServeInput): void => {
    if (running.has(id)) {
      throw new Think2SegError('USAGE', `id ${JSON.stringify(id)} is of a request that runs; give each its own`);
    }
    const controller = new AbortController();
    const onProgress: OnProgress = (event) => reply({ kind: 'progress', id, event });
    const settled = segment(input, { signal: controller.signal, onProgress }).then(
      (result) => reply({ kind: 'done', id, result }),
      (thrown: unknown) => reply({ kind: 'failed', id, error: toThink2SegError(thrown).toEnvelope() }),
    );
    running.set(id, { controller, settled: settled.finally(() => running.delete(id)) });
  };

  for await (const line of createInterface({ input: requests })) {
    if (line.trim() === '') {
      continue;
    }
    let id: ServeId | null = null;
    try {
      const json = parseJson(line);
      id = idOf(json);
      const request = parseRequest(json);
      if (request.kind === 'shutdown') {
        break;
      }
      switch (request.kind) {
        case 'ping':
          reply({ kind: 'pong', id: request.id });
          break;
        case 'cancel':
          running.get(request.id)?.controller.abort();
          break;
        case 'segment':
          start(request.id, request.input);
          break;
      }
    } catch (thrown) {
      reply({ kind: 'failed', id, error: toThink2SegError(thrown).toEnvelope() });
    }
  }
  await Promise.all([...running.values()].map(({ settled }) => settled));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Think2SegError('USAGE', `got ${JSON.stringify(line.slice(0, 60))}, expected one JSON object a line`);
  }
}

/** So that even a request which is refused is answered by its id. */
function idOf(json: unknown): ServeId | null {
  const id: unknown = typeof json === 'object' && json !== null && 'id' in json ? json.id : null;
  return typeof id === 'number' || typeof id === 'string' ? id : null;
}

function parseRequest(json: unknown) {
  const parsed = serveRequestSchema.safeParse(json);
  if (!parsed.success) {
    throw new Think2SegError(
      'USAGE',
      `request refused: ${explainParse(parsed.error)}; expected kind segment, ping, cancel or shutdown`,
    );
  }
  return parsed.data;
}
