import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import type { ServeReply } from '../../../src-main/contract/serve.ts';
import { serveLines, type SegmentRequest } from '../../../src-main/cli/serve-lines.ts';
import { allEnded, childrenOf } from '../../support/process-tree.ts';

const repository = resolve(import.meta.dirname, '../../..');
const harbour = join(repository, 'resources/sample/harbour.tif');
const fuel = 'Where is liquid fuel kept in bulk?';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-serve-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('serve, line by line', () => {
  const idle: SegmentRequest = (_, { signal, onProgress }) =>
    new Promise((_resolve, reject) => {
      onProgress({ stage: 'loading' });
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const named: SegmentRequest = ({ question, mode, target }) =>
    Promise.resolve({ reasoning: question, mode, window: target } as unknown as SegmentResult);

  async function served(lines: readonly string[], segment: SegmentRequest): Promise<ServeReply[]> {
    const replies: ServeReply[] = [];
    const input = new PassThrough();
    input.end(lines.join('\n'));
    await serveLines(input, (reply) => replies.push(reply), segment);
    return replies;
  }

  it('answers by id, fills in what a request leaves out, and ends with its input', async () => {
    const replies = await served(
      ['{"kind":"ping","id":"p"}', '', '{"kind":"segment","id":1,"input":{"rasterPath":"a.tif","question":"q"}}'],
      named,
    );
    expect(replies).toEqual([
      { kind: 'pong', id: 'p' },
      { kind: 'done', id: 1, result: { reasoning: 'q', mode: 'native', window: { kind: 'scene' } } },
    ]);
  });

  it.each([
    ['no JSON at all', null],
    ['{"kind":"segment","id":4', null],
    ['[1,2]', null],
    ['null', null],
    ['{"kind":"dance","id":5}', 5],
    ['{"kind":"ping"}', null],
    ['{"kind":"segment","id":6,"input":{}}', 6],
    ['{"kind":"segment","id":"x","input":{"rasterPath":"a.tif","quesiton":"typo"}}', 'x'],
    ['\u0000\u0001\ufffd', null],
  ])('refuses %j with a code, and goes on', async (line, id) => {
    const [refused, pong] = await served([line, '{"kind":"ping","id":9}'], named);
    expect(refused).toMatchObject({ kind: 'failed', id, error: { code: 'USAGE' } });
    expect(pong).toEqual({ kind: 'pong', id: 9 });
  });

  it('cancels by id, and refuses an id that is taken', async () => {
    const request = '{"kind":"segment","id":1,"input":{"rasterPath":"a.tif"}}';
    const replies = await served([request, request, '{"kind":"cancel","id":1}', '{"kind":"cancel","id":77}'], idle);
    expect(replies).toMatchObject([
      { kind: 'progress', id: 1 },
      { kind: 'failed', id: 1, error: { code: 'USAGE' } },
      { kind: 'failed', id: 1, error: { code: 'CANCELLED' } },
    ]);
  });

  it('hears nothing after a shutdown', async () => {
    expect(await served(['{"kind":"shutdown"}', '{"kind":"ping","id":1}'], named)).toEqual([]);
  });
});

describe('think2seg serve', { timeout: 120_000 }, () => {
  let server: ChildProcessWithoutNullStreams | null = null;

  function serve() {
    const child = spawn(process.execPath, [join(repository, 'src-main/think2seg.mjs'), 'serve', '--provider', 'cpu'], {
      cwd: folder,
    });
    server = child;
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const read = async (): Promise<ServeReply> => {
      const line: IteratorResult<string, unknown> = await lines.next();
      if (line.done === true) {
        throw new Error('the server ended');
      }
      // Every line on stdout is JSON, or this throws.
      return JSON.parse(line.value) as ServeReply;
    };
    const next = async (): Promise<ServeReply> => {
      for (;;) {
        const reply = await read();
        if (reply.kind !== 'progress') {
          return reply;
        }
      }
    };
    /** Resolves with the first progress of a request. */
    const begun = async (id: number): Promise<void> => {
      let reply: ServeReply;
      do {
        reply = await read();
      } while (!(reply.kind === 'progress' && reply.id === id));
    };
    const ended = new Promise<number | null>((done) => child.once('close', done));
    return { child, next, begun, ended, send: (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`) };
  }

  afterEach(() => {
    server?.kill('SIGKILL');
  });

  const ask = (id: number, outputPaths: string[] = []) => ({
    kind: 'segment',
    id,
    input: { rasterPath: harbour, question: fuel, outputPaths },
  });

  it('keeps the models, writes outputs, outlives its engine, ends when told', async () => {
    const { child, next, begun, ended, send } = serve();
    expect(await next()).toMatchObject({ kind: 'ready', schema: 1, pack: { id: 'nano' } });
    send(ask(1, ['a.geojson']));
    const first = (await next()) as Extract<ServeReply, { kind: 'done' }>;
    expect(first).toMatchObject({ kind: 'done', id: 1, result: { status: 'ok' } });
    const file = JSON.parse(readFileSync(join(folder, 'a.geojson'), 'utf8')) as { features: unknown[] };
    expect(file.features).toHaveLength(first.result.features);
    send(ask(2));
    const second = (await next()) as typeof first;
    expect(second.result.features).toBe(first.result.features);
    expect(second.result.timingsMs['loadLvlm']).toBeLessThan((first.result.timingsMs['loadLvlm'] ?? 0) / 2);

    send(ask(3, ['b.geojson']));
    await begun(3);
    const engineOf = (): number =>
      childrenOf(child.pid ?? 0).find(({ command }) => command.includes('engine.cjs'))?.pid ?? 0;
    process.kill(engineOf(), 'SIGABRT');
    expect(await next()).toMatchObject({ kind: 'failed', id: 3, error: { code: 'ENGINE_CRASHED' } });
    send(ask(4));
    expect(await next()).toMatchObject({ kind: 'done', id: 4 });
    const idle = engineOf();
    process.kill(idle, 'SIGKILL');
    await allEnded([idle]);
    const failing = (id: number) => ({ kind: 'segment', id, input: { rasterPath: 'gone.tif', question: fuel } });
    // The system tells of the end a moment later: a request that still meets the old engine goes to the next one.
    for (const id of [5, 6]) {
      send(failing(id));
      expect(await next()).toMatchObject({ kind: 'failed', id, error: { code: 'INPUT_NOT_FOUND' } });
    }
    send({ kind: 'shutdown' });
    expect(await ended).toBe(0);
    expect(readdirSync(folder)).toEqual(['a.geojson']);
  });

  it('answers what was asked when stdin ends', async () => {
    const { child, next, ended, send } = serve();
    send(ask(1));
    child.stdin.end();
    expect(await next()).toMatchObject({ kind: 'ready' });
    expect(await next()).toMatchObject({ kind: 'done', id: 1 });
    expect(await ended).toBe(0);
  });
});
