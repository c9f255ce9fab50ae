import { describe, expect, it } from 'vitest';
import { emptyDocument, findInstance, isStale, type WorkDocument } from '../../../src-renderer/state/document.ts';
import {
  addInstance,
  addRaster,
  addResult,
  changeRaster,
  changeResult,
  moveRaster,
  removeInstances,
  removeRaster,
  removeResult,
  setOutlines,
  setPrompt,
  setVerdict,
} from '../../../src-renderer/state/document-edits.ts';
import { newInstance } from '../../../src-renderer/state/document.ts';
import { someRaster, someResult, squareInstance } from '../../support/work-documents.ts';

const edits = [
  addRaster(someRaster()),
  addRaster(someRaster('raster-2', '/data/other.tif')),
  addResult(someResult('a', [10, 20])),
  addResult(someResult('b', [30], { rasterId: 'raster-2' })),
];
const work = edits.reduce<WorkDocument>((now, edit) => edit(now), emptyDocument);
const rasterIds = ({ rasters }: WorkDocument): string[] => rasters.map(({ id }) => id);
const instanceIds = ({ results }: WorkDocument): string[] =>
  results.flatMap(({ instances }) => instances.map(({ id }) => id));

describe('edits of the work', () => {
  it('takes the results of a raster away with it', () => {
    const left = removeRaster('raster-2')(work);
    expect([rasterIds(left), instanceIds(left)]).toEqual([['raster-1'], ['a-1', 'a-2']]);
  });

  it('moves layers and stops at the ends', () => {
    expect(rasterIds(moveRaster('raster-1', 1)(work))).toEqual(['raster-2', 'raster-1']);
    expect(rasterIds(moveRaster('raster-2', -5)(work))).toEqual(['raster-2', 'raster-1']);
    expect(moveRaster('raster-2', 1)(work)).toBe(work);
  });

  it('gives back the same document when nothing changes, so that no empty step is kept', () => {
    expect(setVerdict(['a-1'], 'open')(work)).toBe(work);
    expect(removeInstances(['nobody'])(work)).toBe(work);
    expect(changeRaster('nobody', { visible: false })(work)).toBe(work);
  });

  it('shares what an edit does not touch', () => {
    const changed = setVerdict(['a-2'], 'accepted')(work);
    expect(changed.results[1]).toBe(work.results[1]);
    expect(changed.results[0]?.instances[0]).toBe(work.results[0]?.instances[0]);
    expect(changed.results[0]?.instances[1]?.verdict).toBe('accepted');
  });

  it('adds, renames and removes', () => {
    const added = addInstance('b', newInstance(squareInstance(5), 'b-2', 'manual'))(work);
    expect(instanceIds(added)).toEqual(['a-1', 'a-2', 'b-1', 'b-2']);
    expect(instanceIds(removeInstances(['a-1', 'b-2'])(added))).toEqual(['a-2', 'b-1']);
    expect(changeResult('a', { name: 'ponds' })(work).results[0]?.name).toBe('ponds');
    expect(instanceIds(removeResult('a')(work))).toEqual(['b-1']);
  });

  it('gives an outline only to the prompt that it was made from', () => {
    const sent = { bbox_2d: [1, 1, 9, 9] as [number, number, number, number] };
    const later = { bbox_2d: [2, 2, 9, 9] as [number, number, number, number] };
    const outline = { ...squareInstance(8, sent), areaM2: 64 };
    const edited = setPrompt('a-1', sent)(work);
    expect(isStale(findInstance(edited, 'a-1')!.instance)).toBe(true);

    const followed = findInstance(setOutlines(new Map([[sent, outline]]))(edited), 'a-1')!.instance;
    expect([followed.areaM2, isStale(followed)]).toEqual([64, false]);

    const overtaken = setOutlines(new Map([[sent, outline]]))(setPrompt('a-1', later)(edited));
    expect(findInstance(overtaken, 'a-1')!.instance.areaM2).toBe(100);
    expect(isStale(findInstance(overtaken, 'a-1')!.instance)).toBe(true);
  });
});
