import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineClient, type EngineState } from '../../../src-main/app/engine-client.ts';
import type { EngineEvents } from '../../../src-main/contract/engine-process.ts';
import type { EngineReply, EngineRequest } from '../../../src-main/contract/engine-message.ts';

const graceMs = 1_000;

/** An engine in memory: messages are copied as between processes, and a test decides what it answers and when it ends. */
class FakeEngine {
  readonly requests: EngineRequest[] = [];
  readonly #events: EngineEvents;

  constructor(events: EngineEvents) {
    this.#events = events;
  }

  reply(reply: EngineReply): void {
    this.#events.onReply(JSON.parse(JSON.stringify(reply)) as EngineReply);
  }

  exit(how: string): void {
    this.#events.onExit(how, 'last words');
  }

  /** Ids of the calls it got, and of those it was asked to stop. */
  ids(kind: EngineRequest['kind']): number[] {
    return this.requests.filter((request) => request.kind === kind).map(({ id }) => id);
  }
}

function start(onLost: (input: unknown) => Promise<void> = () => Promise.resolve()) {
  const engines: FakeEngine[] = [];
  const states: EngineState['state'][] = [];
  const lost: unknown[] = [];
  const client = new EngineClient({
    start: (events) => {
      const engine = new FakeEngine(events);
      engines.push(engine);
      return {
        send: (request) => engine.requests.push(request),
        kill: () => engine.exit('killed'),
      };
    },
    onState: ({ state }) => states.push(state),
    onLost: (input) => {
      lost.push(input);
      return onLost(input);
    },
    graceMs,
  });
  const engine = (index: number): FakeEngine => {
    const found = engines[index];
    if (found === undefined) {
      throw new Error(`engine ${index} of ${engines.length} was not started`);
    }
    return found;
  };
  return { client, engine, engines, states, lost };
}

const ignore = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('EngineClient', () => {
  it('keeps calls until the engine is ready, and brings answers and progress to the right caller', async () => {
    const { client, engine } = start();
    const stages: string[] = [];
    const first = client.call('pack.list', { a: 1 }, 10, ({ stage }) => stages.push(stage));
    const second = client.call('pack.list', { a: 2 }, 11, ignore);
    expect(engine(0).requests).toEqual([]);
    engine(0).reply({ kind: 'ready' });
    const [firstId = 0, secondId = 0] = engine(0).ids('call');
    engine(0).reply({ kind: 'progress', id: firstId, event: { stage: 'loading' } });
    engine(0).reply({ kind: 'done', id: secondId, output: 'second' });
    engine(0).reply({ kind: 'failed', id: firstId, error: { code: 'PACK_NOT_FOUND', message: 'no pack' } });
    await expect(second).resolves.toBe('second');
    await expect(first).rejects.toMatchObject({ code: 'PACK_NOT_FOUND', message: 'no pack' });
    expect(stages).toEqual(['loading']);
  });

  it('fails what was running when the engine dies, keeps nothing of it, and goes on with a new one', async () => {
    const { client, engine, states, lost } = start();
    const running = client.call('query.ask', { question: 'a' }, 1, ignore);
    engine(0).reply({ kind: 'ready' });
    engine(0).reply({ kind: 'begun', id: engine(0).ids('call')[0] ?? 0 });
    engine(0).exit('code 9');
    await expect(running).rejects.toMatchObject({ code: 'ENGINE_CRASHED', detail: 'last words' });
    await vi.waitFor(() => expect(states).toEqual(['starting', 'ready', 'crashed', 'starting']));
    expect(lost).toEqual([{ question: 'a' }]);
    const next = client.call('query.ask', { question: 'b' }, 2, ignore);
    engine(1).reply({ kind: 'ready' });
    engine(1).reply({ kind: 'done', id: engine(1).ids('call')[0] ?? 0, output: 'b' });
    await expect(next).resolves.toBe('b');
  });

  it('gives a call to the next engine that the last one never heard, but to one only', async () => {
    const { client, engine, engines } = start();
    client.start();
    engine(0).reply({ kind: 'ready' });
    const met = client.call('scene.info', {}, 1, ignore);
    engine(0).exit('code 9');
    await vi.waitFor(() => expect(engines).toHaveLength(2));
    engine(1).reply({ kind: 'ready' });
    engine(1).reply({ kind: 'done', id: engine(1).ids('call')[0] ?? 0, output: 'info' });
    await expect(met).resolves.toBe('info');

    const deadly = client.call('scene.info', {}, 2, ignore);
    engine(1).exit('code 9');
    await vi.waitFor(() => expect(engines).toHaveLength(3));
    engine(2).reply({ kind: 'ready' });
    engine(2).exit('code 9');
    await expect(deadly).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
  });

  it('does not start an engine again and again that dies before it is ready', async () => {
    const { client, engine, engines, states } = start();
    const waiting = client.call('pack.list', {}, 1, ignore);
    engine(0).exit('code 127');
    await expect(waiting).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(engines).toHaveLength(1);
    expect(states).toEqual(['starting', 'crashed']);
    client.restart();
    engine(1).reply({ kind: 'ready' });
    expect(states.at(-1)).toBe('ready');
  });

  it('ends a cancelled call at once and leaves an engine alone that stops in time', async () => {
    const { client, engine, engines } = start();
    const cancelled = client.call('query.ask', {}, 5, ignore);
    engine(0).reply({ kind: 'ready' });
    client.cancel(5);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const [id = 0] = engine(0).ids('cancel');
    expect(engine(0).ids('call')).toEqual([id]);

    const next = client.call('query.ask', {}, 6, ignore);
    // Until the engine let go of the cancelled call it may have to be replaced: nothing new is given to it.
    expect(engine(0).ids('call')).toHaveLength(1);
    engine(0).reply({ kind: 'failed', id, error: { code: 'CANCELLED', message: 'stopped' } });
    engine(0).reply({ kind: 'done', id: engine(0).ids('call')[1] ?? 0, output: 'next' });
    await expect(next).resolves.toBe('next');
    await vi.advanceTimersByTimeAsync(graceMs * 2);
    expect(engines).toHaveLength(1);
  });

  it('replaces an engine that does not stop in time; other calls begin again', async () => {
    const { client, engine, states, lost } = start();
    const cancelled = client.call('export.vector', { path: '/out.gpkg' }, 5, ignore);
    const other = client.call('scene.info', {}, 6, ignore);
    engine(0).reply({ kind: 'ready' });
    client.cancel(5);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    await vi.advanceTimersByTimeAsync(graceMs);
    expect(lost).toContainEqual({ path: '/out.gpkg' });
    engine(1).reply({ kind: 'ready' });
    engine(1).reply({ kind: 'done', id: engine(1).ids('call')[0] ?? 0, output: 'info' });
    await expect(other).resolves.toBe('info');
    expect(states).toEqual(['starting', 'ready', 'starting', 'ready']);
  });

  it('drops a cancelled call that was not sent yet', async () => {
    const { client, engine } = start();
    const cancelled = client.call('query.ask', {}, 5, ignore);
    client.cancel(5);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    engine(0).reply({ kind: 'ready' });
    expect(engine(0).requests).toEqual([]);
  });

  it('starts nothing after it was closed', async () => {
    const { client, engine, engines } = start();
    client.start();
    engine(0).reply({ kind: 'ready' });
    await client.close();
    await vi.advanceTimersByTimeAsync(graceMs);
    expect(engines).toHaveLength(1);
  });

  it('is closed when what its calls left on the disk is removed', async () => {
    const removed: unknown[] = [];
    let endRemoval = (): void => undefined;
    const { client, engine } = start((input) => {
      removed.push(input);
      return new Promise((resolve) => (endRemoval = resolve));
    });
    void client.call('export.vector', { path: '/out.gpkg' }, 5, ignore);
    engine(0).reply({ kind: 'ready' });
    let isClosed = false;
    const closing = client.close().then(() => (isClosed = true));
    await vi.advanceTimersByTimeAsync(graceMs);
    expect([removed, isClosed]).toEqual([[{ path: '/out.gpkg' }], false]);
    endRemoval();
    await closing;
  });

  it('is closed at once where no engine was started', async () => {
    await start().client.close();
  });
});
