/** What each worker of a batch is given of the machine, and who works on after one that died. */
import { afterEach, describe, expect, it } from 'vitest';
import { EngineChild } from '../../../src-main/cli/engine-child.ts';
import { EnginePool } from '../../../src-main/cli/engine-pool.ts';
import { engineForker } from '../../../src-main/cli/fork-engine.ts';
import { installation } from '../../../src-main/cli/installation.ts';
import { startEngine, startEnginesWith } from '../../../src-main/cli/start-engine.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import { processorThreads } from '../../../src-main/core/inference/threads.ts';
import { segmentInput } from '../../support/segment-input.ts';

interface FakeEngines {
  readonly asked: SegmentInput[];
  /** Ends the engine that was started last, as the system does where memory is short. */
  kill: () => void;
  /** The engine that was started last ends in a moment, and until then says no more than this of what it is asked. */
  endSoon: (says: 'nothing' | 'begun') => void;
}

/** Engines that answer every call at once, and keep what they were asked. One that has ended says nothing any more. */
function fakeEngines(): FakeEngines {
  const asked: SegmentInput[] = [];
  const engines: Omit<FakeEngines, 'asked'>[] = [];
  startEnginesWith((events) => {
    let exited = false;
    let lastSaid: 'nothing' | 'begun' | null = null;
    const kill = (): void => {
      exited = true;
      events.onExit('killed', '');
    };
    engines.push({ kill, endSoon: (says) => (lastSaid = says) });
    queueMicrotask(() => events.onReply({ kind: 'ready' }));
    return {
      send: (request) => {
        if (request.kind === 'call' && lastSaid !== null) {
          if (lastSaid === 'begun') {
            events.onReply({ kind: 'begun', id: request.id });
          }
          queueMicrotask(kill);
        } else if (request.kind === 'call' && !exited) {
          asked.push(request.input as SegmentInput);
          queueMicrotask(() => events.onReply({ kind: 'done', id: request.id, output: null }));
        }
      },
      kill,
    };
  });
  return { asked, kill: () => engines.at(-1)?.kill(), endSoon: (says) => engines.at(-1)?.endSoon(says) };
}

afterEach(() => startEnginesWith(engineForker(installation.engineEntryPath)));

async function partsOf(workers: number, changes: Partial<SegmentInput>): Promise<(number | null | undefined)[]> {
  const { asked } = fakeEngines();
  const pool = new EnginePool(workers);
  await pool.run(workers - 1, segmentInput('/a.tif', { question: 'x', ...changes }), new AbortController().signal);
  await pool.close();
  return [asked[0]?.threads, asked[0]?.memoryBytes];
}

describe('a worker of a batch', () => {
  it('alone has what was asked for, or all', async () => {
    expect(await partsOf(1, { threads: 3, memoryBytes: 4e9 })).toEqual([3, 4e9]);
    expect(await partsOf(1, {})).toEqual([null, undefined]);
  });

  it('has its part of the memory, and the threads that were asked for', async () => {
    expect(await partsOf(4, { threads: 3, memoryBytes: 4e9 })).toEqual([3, 1e9]);
  });

  it('has its part of the cores where nobody said how many threads', async () => {
    expect(await partsOf(2, {})).toEqual([Math.max(1, Math.floor(processorThreads() / 2)), undefined]);
    expect(await partsOf(1000, {})).toEqual([1, undefined]);
  });
});

describe('an engine that died while nobody asked it anything', () => {
  const input = segmentInput('/a.tif', { question: 'x' });
  const { signal } = new AbortController();

  it('is replaced by the next query of its worker', async () => {
    const { asked, kill } = fakeEngines();
    const pool = new EnginePool(1);
    await pool.run(0, input, signal);
    kill();
    await pool.run(0, input, signal);
    expect(asked).toHaveLength(2);
    await pool.close();
  });

  it('is replaced as well where a query meets it before its end is known', async () => {
    const { asked, endSoon } = fakeEngines();
    const pool = new EnginePool(1);
    await pool.run(0, input, signal);
    endSoon('nothing');
    await pool.run(0, input, signal);
    expect(asked).toHaveLength(2);
    await pool.close();
  });

  it('is not replaced within a query that it had begun', async () => {
    const { asked, endSoon } = fakeEngines();
    const pool = new EnginePool(1);
    await pool.run(0, input, signal);
    endSoon('begun');
    await expect(pool.run(0, input, signal)).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
    expect(asked).toHaveLength(1);
    await pool.close();
  });

  it('asks no second engine for a query that was stopped meanwhile', async () => {
    const { asked, endSoon } = fakeEngines();
    const pool = new EnginePool(1);
    await pool.run(0, input, signal);
    endSoon('nothing');
    const controller = new AbortController();
    const answer = pool.run(0, input, controller.signal);
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(asked).toHaveLength(1);
    await pool.close();
  });

  it('fails the next call at once', async () => {
    const { kill } = fakeEngines();
    const engine = new EngineChild(startEngine);
    kill();
    await expect(engine.call('query.segment', input, { onProgress: () => undefined, signal })).rejects.toMatchObject({
      code: 'ENGINE_CRASHED',
      message: expect.stringMatching(/ended with killed/) as string,
    });
  });
});
