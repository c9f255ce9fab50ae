/** What each worker of a batch is given of the machine. */
import { afterEach, describe, expect, it } from 'vitest';
import { EnginePool } from '../../../src-main/cli/engine-pool.ts';
import { engineForker } from '../../../src-main/cli/fork-engine.ts';
import { installation } from '../../../src-main/cli/installation.ts';
import { startEnginesWith } from '../../../src-main/cli/start-engine.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import { processorThreads } from '../../../src-main/core/inference/threads.ts';
import { segmentInput } from '../../support/segment-input.ts';

/** Engines that answer every call at once, and keep what they were asked. */
function fakeEngines(): SegmentInput[] {
  const asked: SegmentInput[] = [];
  startEnginesWith((events) => {
    queueMicrotask(() => events.onReply({ kind: 'ready' }));
    return {
      send: (request) => {
        if (request.kind === 'call') {
          asked.push(request.input as SegmentInput);
          queueMicrotask(() => events.onReply({ kind: 'done', id: request.id, output: null }));
        }
      },
      kill: () => events.onExit('killed', ''),
    };
  });
  return asked;
}

afterEach(() => startEnginesWith(engineForker(installation.engineEntryPath)));

async function partsOf(workers: number, changes: Partial<SegmentInput>): Promise<(number | null | undefined)[]> {
  const asked = fakeEngines();
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
