import { describe, expect, it } from 'vitest';
import type { EngineReply } from '../../../src-main/contract/engine-message.ts';
import { engineRouteInputs } from '../../../src-main/contract/engine-routes.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { EnginePort } from '../../../src-main/engine/port.ts';
import { serveEngine, type Handlers } from '../../../src-main/engine/serve.ts';

/** A port that copies messages as a real channel would, and lets a test wait for a reply. */
function memoryPort() {
  const replies: EngineReply[] = [];
  const waiting: { matches: (reply: EngineReply) => boolean; resolve: (reply: EngineReply) => void }[] = [];
  let listener: (request: unknown) => void = () => undefined;
  const port: EnginePort = {
    send: (reply) => {
      const copy = JSON.parse(JSON.stringify(reply)) as EngineReply;
      replies.push(copy);
      waiting.filter(({ matches }) => matches(copy)).forEach(({ resolve }) => resolve(copy));
    },
    onRequest: (given) => {
      listener = given;
    },
    onDisconnect: () => undefined,
  };
  return {
    port,
    replies,
    request: (message: unknown) => listener(JSON.parse(JSON.stringify(message))),
    next: (kind: EngineReply['kind']) =>
      new Promise<EngineReply>((resolve) => {
        const seen = replies.find((reply) => reply.kind === kind);
        if (seen === undefined) {
          waiting.push({ matches: (reply) => reply.kind === kind, resolve });
        } else {
          resolve(seen);
        }
      }),
  };
}

function never(): Promise<never> {
  return Promise.reject(new Error('not expected to be called'));
}

const noHandlers = Object.fromEntries(
  Object.keys(engineRouteInputs).map((route) => [route, never]),
) as unknown as Handlers;

const call = { kind: 'call', id: 7, route: 'pack.list', input: { embeddedDirectory: '/packs' } };

describe('serveEngine', () => {
  it('says it is ready, passes progress on and answers', async () => {
    const memory = memoryPort();
    serveEngine(
      {
        ...noHandlers,
        'pack.list': ({ embeddedDirectory }, { onProgress }) => {
          onProgress({ stage: 'reading', note: embeddedDirectory });
          return Promise.resolve([]);
        },
      },
      memory.port,
    );
    memory.request(call);
    await memory.next('done');
    expect(memory.replies).toEqual([
      { kind: 'ready' },
      { kind: 'begun', id: 7 },
      { kind: 'progress', id: 7, event: { stage: 'reading', note: '/packs' } },
      { kind: 'done', id: 7, output: [] },
    ]);
  });

  it('keeps code, message and detail of an error', async () => {
    const memory = memoryPort();
    const error = new Think2SegError('PACK_NOT_FOUND', 'no such pack', { detail: 'log' });
    serveEngine({ ...noHandlers, 'pack.list': () => Promise.reject(error) }, memory.port);
    memory.request(call);
    expect(await memory.next('failed')).toEqual({
      kind: 'failed',
      id: 7,
      error: { code: 'PACK_NOT_FOUND', message: 'no such pack', detail: 'log' },
    });
  });

  it('aborts the call that is cancelled', async () => {
    const memory = memoryPort();
    serveEngine(
      {
        ...noHandlers,
        'pack.list': (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
      },
      memory.port,
    );
    memory.request(call);
    memory.request({ kind: 'cancel', id: 7 });
    expect(await memory.next('failed')).toMatchObject({ error: { code: 'CANCELLED' } });
  });

  it.each([
    ['a route that does not exist', { ...call, route: 'files.delete' }, 'INTERNAL'],
    ['a property of Object', { ...call, route: 'constructor' }, 'INTERNAL'],
    ['input of the wrong shape', { ...call, input: { embeddedDirectory: 3 } }, 'USAGE'],
  ])('refuses %s', async (_, message, code) => {
    const memory = memoryPort();
    serveEngine(noHandlers, memory.port);
    memory.request(message);
    expect(await memory.next('failed')).toMatchObject({ error: { code } });
  });
});
