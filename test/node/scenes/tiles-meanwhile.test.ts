/** Models are kept busy: while an object is made whole, the tiles of the next row are asked. */
import { expect, it } from 'vitest';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import type { Reasoner } from '../../../src-main/core/ports.ts';
import { runQuery } from '../../../src-main/core/query.ts';
import { fakeReader, fakeReasoner, fakeSegmenter, fakeWriter } from '../../support/fake-ports.ts';
import { fakeContext, segmentInput } from '../../support/segment-input.ts';

const tileSide = 280;
/** More than are read ahead. */
const columns = 12;

/** The samples of the fake scene say where a picture was taken: red is x and green is y of its corner, modulo 256. */
const cornerOf = (xPx: number, yPx: number): string => [xPx % 256, yPx % 256].join();

it('asks about all of the next row before an object of the row above is whole', { timeout: 60_000 }, async () => {
  let nextRowIsAsked = (): void => undefined;
  const nextRow = new Promise<void>((resolve) => (nextRowIsAsked = resolve));
  const order: string[] = [];
  const corners = Array.from({ length: columns * 2 }, (_, index) =>
    cornerOf((index % columns) * tileSide, Math.floor(index / columns) * tileSide),
  );
  const reason: Reasoner['reason'] = async (request, options) => {
    const corner = request.imageModel.data.subarray(0, 2).join();
    const isAround = !corners.includes(corner);
    order.push(isAround ? 'around' : corner);
    if (isAround) {
      await nextRow;
    } else if (corner === corners.at(-1)) {
      nextRowIsAsked();
    }
    // The first tile cuts an object off at its lower edge; asked around it, the model names nothing.
    const boxes = corner === corners[0] ? [{ bbox_2d: [100, 250, 150, 280] }] : [];
    return fakeReasoner(`<think>So.</think><answer>${JSON.stringify(boxes)}</answer>`).reason(request, options);
  };
  const caller = {
    loadReasoner: () => Promise.resolve({ ...fakeReasoner(''), reason }),
    loadSegmenter: () => Promise.resolve(fakeSegmenter()),
  };
  const { features, scale } = await runQuery(
    {
      ...caller,
      rasters: fakeReader({
        width: columns * tileSide,
        height: 2 * tileSide,
        crs: await crsFromEpsg(32633),
        transform: [1, 0, 0, 0, -1, 0],
      }),
      writer: fakeWriter(),
      digestFile: () => Promise.resolve({ bytes: 0, sha256: '0'.repeat(64) }),
      openLanes: () => Promise.resolve([caller, caller]),
    },
    segmentInput('scene.tif', {
      question: 'every roof',
      mode: 'reference',
      scale: { name: 'tiles', gsdM: null, overlapPx: 0 },
    }),
    fakeContext(0),
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  expect(features).toBe(1);
  expect(scale).toMatchObject({ tiles: 24, answered: 24 });
  expect(order.indexOf('around')).toBeGreaterThan(0);
  expect(order.indexOf('around')).toBeLessThan(order.indexOf(corners.at(-1) ?? ''));
});
