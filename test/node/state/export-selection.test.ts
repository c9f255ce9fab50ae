import { describe, expect, it } from 'vitest';
import { emptyDocument, newInstance, noRefinement, type WorkDocument } from '../../../src-renderer/state/document.ts';
import {
  addInstance,
  addRaster,
  addResult,
  setPrompt,
  setVerdict,
} from '../../../src-renderer/state/document-edits.ts';
import { selectForExport, suggestedFileName, usualScope } from '../../../src-renderer/state/export-selection.ts';
import { someRaster, someResult, squareInstance } from '../../support/work-documents.ts';

const work = [
  addRaster(someRaster()),
  addRaster(someRaster('raster-2', '/data/other.tif')),
  addResult(someResult('a', [10, 20])),
  addResult(someResult('b', [30], { windowPx: { x: 150, y: 20, width: 10, height: 10 }, runRecord: null })),
  addResult(someResult('c', [40], { rasterId: 'raster-2' })),
].reduce<WorkDocument>((now, edit) => edit(now), emptyDocument);
const all = new Set(['a', 'b', 'c']);

describe('selectForExport', () => {
  it('takes what lies on one raster and was not rejected', () => {
    const reviewed = setVerdict(['a-1'], 'rejected')(work);
    const selection = selectForExport(reviewed, new Map(), 'raster-1', all, 'not-rejected');
    expect(selection?.instances.map(({ areaM2, question }) => [areaM2, question])).toEqual([
      [400, 'what is a?'],
      [900, 'what is b?'],
    ]);
    expect(selection).toMatchObject({
      areaM2: 1300,
      windowPx: { x: 0, y: 0, width: 160, height: 100 },
      runRecord: { question: 'what is a?' },
    });
  });

  it('keeps the records of all results, the topmost first', () => {
    const three = addResult(someResult('d', [5]))(work);
    const selection = selectForExport(three, new Map(), 'raster-1', new Set(['a', 'b', 'd']), 'not-rejected');
    expect(selection?.runRecord?.question).toBe('what is d?');
    expect(selection?.runRecord?.otherRuns?.map(({ question }) => question)).toEqual(['what is a?']);
    const one = selectForExport(three, new Map(), 'raster-1', new Set(['a', 'b']), 'not-rejected');
    expect(one?.runRecord).not.toHaveProperty('otherRuns');
  });

  it('takes accepted objects alone once there are any', () => {
    const reviewed = setVerdict(['b-1'], 'accepted')(work);
    expect([usualScope(work), usualScope(reviewed)]).toEqual(['not-rejected', 'accepted']);
    expect(selectForExport(reviewed, new Map(), 'raster-1', all, 'accepted')?.areaM2).toBe(900);
  });

  it('writes refined shapes as the screen shows them, and leaves out what has none', () => {
    const refinement = { ...noRefinement, minAreaM2: 200 };
    const refined = { ...work, results: work.results.map((result) => ({ ...result, refinement })) };
    const [result] = refined.results;
    const gone = { ...squareInstance(10), polygonsMap: [], areaM2: 0 };
    const shapes = new Map([
      [
        'a',
        { rasterPath: '/data/scene.tif', instances: result!.instances, refinement, shapes: [gone, squareInstance(19)] },
      ],
    ]);
    const selection = selectForExport(refined, shapes, 'raster-1', new Set(['a']), 'not-rejected');
    expect(selection?.instances.map(({ areaM2 }) => areaM2)).toEqual([361]);
  });

  it('counts objects whose outline has not followed their prompt', () => {
    const edited = setPrompt('a-1', { bbox_2d: [0, 0, 15, 15] })(work);
    const countOf = (now: WorkDocument): number | undefined =>
      selectForExport(now, new Map(), 'raster-1', all, 'not-rejected')?.staleCount;
    expect([countOf(work), countOf(edited), countOf(setVerdict(['a-1'], 'rejected')(edited))]).toEqual([0, 1, 0]);
  });

  it('says what was made of the answers: outlines by what they come from, what is left out, and the refinement', () => {
    const refinement = { ...noRefinement, bufferM: 2 };
    const edits = [
      setPrompt('e-2', { bbox_2d: [0, 0, 15, 15] }),
      setVerdict(['e-3'], 'rejected'),
      addInstance('e', newInstance(squareInstance(7), 'e-drawn', 'manual')),
      setPrompt('e-drawn', { bbox_2d: [0, 0, 8, 8] }),
      addInstance('e', newInstance({ ...squareInstance(7), polygonsMap: [] }, 'e-empty', 'model')),
      addResult(someResult('f', [9], { runRecord: null })),
    ];
    const reviewed = [addResult(someResult('e', [10, 20, 30], { refinement })), ...edits].reduce(
      (now, edit) => edit(now),
      work,
    );
    const reviewsOf = (now: WorkDocument, scope: 'accepted' | 'not-rejected') =>
      selectForExport(now, new Map(), 'raster-1', new Set(['e', 'f']), scope)?.reviewed;
    const none = { model: 0, corrected: 0, manual: 0, combined: 0, file: 0 };
    expect(reviewsOf(reviewed, 'not-rejected')).toEqual([
      {
        name: 'e',
        question: 'what is e?',
        written: { ...none, model: 1, corrected: 1, manual: 1 },
        leftOut: { rejected: 1, undecided: 0, withoutArea: 1 },
        refinement,
      },
      {
        name: 'f',
        question: 'what is f?',
        written: { ...none, model: 1 },
        leftOut: { rejected: 0, undecided: 0, withoutArea: 0 },
        refinement: null,
      },
    ]);
    expect(reviewsOf(setVerdict(['e-1'], 'accepted')(reviewed), 'accepted')).toMatchObject([
      { written: { ...none, model: 1 }, leftOut: { rejected: 1, undecided: 3, withoutArea: 0 } },
      { written: none, leftOut: { undecided: 1 } },
    ]);
  });

  it('has nothing to offer on a raster without results', () =>
    expect(selectForExport(work, new Map(), 'raster-2', new Set(['a']), 'accepted')).toBeNull());
});

describe('suggestedFileName', () => {
  it.each([
    ['Which open area could take a helicopter?', 'which-open-area-could-take-a-helicopter.gpkg'],
    ['../../etc/passwd', 'etc-passwd.gpkg'],
    ['<img src=x onerror=alert(1)>', 'img-src-x-onerror-alert-1.gpkg'],
    ['Wo liegt der Weiher?  Größe: 5 m²', 'wo-liegt-der-weiher-größe-5-m².gpkg'],
    ['???', 'result.gpkg'],
  ])('%s', (question, name) => expect(suggestedFileName(question, '.gpkg')).toBe(name));
});
