import { expect, it } from 'vitest';
import { EncodedCrops } from '../../../src-main/core/query/encoded-crops.ts';
import type { Segmenter } from '../../../src-main/core/ports.ts';
import { fakeSegmenter } from '../../support/fake-ports.ts';

/** Uses the crop at `x`, and notes when it is encoded and when it is freed. */
function usesOf(crops: EncodedCrops): {
  use: (x: number, segmenter?: Segmenter, work?: () => Promise<void>) => Promise<void>;
  events: string[];
} {
  const events: string[] = [];
  const usual = fakeSegmenter();
  return {
    events,
    use: (x, segmenter = usual, work = () => Promise.resolve()) => {
      const encode = () => {
        events.push(`encode ${x}`);
        const encoded = { width: 1, height: 1, free: () => events.push(`free ${x}`) };
        return Promise.resolve({ encoded, allowed: new Uint8Array(1) });
      };
      return crops.use(segmenter, { windowPx: { x, y: 0, width: 1, height: 1 }, width: 1, height: 1 }, encode, () => {
        events.push(`use ${x}`);
        return work();
      });
    },
  };
}

it('frees what is not kept, also after a failure', async () => {
  const { use, events } = usesOf(new EncodedCrops(0));
  await use(1);
  await expect(use(1, undefined, () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
  expect(events).toEqual(['encode 1', 'use 1', 'free 1', 'encode 1', 'use 1', 'free 1']);
});

it('keeps the crops that were used last', async () => {
  const { use, events } = usesOf(new EncodedCrops(2));
  for (const x of [1, 2, 1, 3, 1]) {
    await use(x);
  }
  expect(events).toEqual(['encode 1', 'use 1', 'encode 2', 'use 2', 'use 1', 'encode 3', 'use 3', 'free 2', 'use 1']);
});

it('frees all that another segmenter has encoded', async () => {
  const { use, events } = usesOf(new EncodedCrops(2));
  await use(1);
  await use(1, fakeSegmenter());
  expect(events).toEqual(['encode 1', 'use 1', 'free 1', 'encode 1', 'use 1']);
});
