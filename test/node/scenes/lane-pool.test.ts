import { expect, it } from 'vitest';
import { LanePool } from '../../../src-main/core/scenes/lane-pool.ts';

/** Work that ends when it is told to. */
function heldWork(log: string[]) {
  const ends: (() => void)[] = [];
  const start = (pool: LanePool<string>, name: string): Promise<string> =>
    pool.use(async (lane) => {
      log.push(`${name} on ${lane}`);
      await new Promise<void>((resolve) => ends.push(resolve));
      return name;
    });
  return { start, ends };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lends each lane to one caller at a time, in the order in which callers come', async () => {
  const log: string[] = [];
  const { start, ends } = heldWork(log);
  const pool = new LanePool(['a', 'b']);
  const works = ['1', '2', '3', '4'].map((name) => start(pool, name));
  await turn();
  expect(log).toEqual(['1 on b', '2 on a']);
  ends[1]?.();
  await turn();
  expect(log).toEqual(['1 on b', '2 on a', '3 on a']);
  ends[0]?.();
  await turn();
  expect(log.at(-1)).toBe('4 on b');
  ends.forEach((end) => end());
  await expect(Promise.all(works)).resolves.toEqual(['1', '2', '3', '4']);
});

it('lends a lane again whose work failed', async () => {
  const pool = new LanePool(['a']);
  await expect(pool.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(pool.use((lane) => Promise.resolve(lane))).resolves.toBe('a');
});

it('closes when the last lane is free, and lends none to those who wait', async () => {
  const log: string[] = [];
  const { start, ends } = heldWork(log);
  const pool = new LanePool(['a']);
  const first = start(pool, '1');
  void start(pool, '2');
  let closed = false;
  const closing = pool.close().then(() => {
    closed = true;
  });
  await turn();
  expect(closed).toBe(false);
  ends[0]?.();
  await Promise.all([first, closing]);
  void start(pool, '3');
  await turn();
  expect(log).toEqual(['1 on a']);
});
