import { expect, it } from 'vitest';
import type { TileSamples } from '../../../src-renderer/raster/colour-tile.ts';
import { SampleCache } from '../../../src-renderer/raster/sample-cache.ts';

const tile = (): TileSamples => ({ width: 10, height: 1, bands: new Map([[0, new Uint8Array(10)]]), mask: null });

it('keeps as much as it may, also when a tile was decoded for two looks at once', () => {
  const cache = new SampleCache(30);
  for (let round = 0; round < 10; round += 1) {
    cache.add('a', tile());
  }
  ['b', 'c'].forEach((key) => cache.add(key, tile()));
  expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, true, true]);
  cache.add('d', tile());
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([false, true, true, true]);
});
