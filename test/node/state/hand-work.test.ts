import { describe, expect, it } from 'vitest';
import { emptyDocument, findInstance, type WorkDocument } from '../../../src-renderer/state/document.ts';
import { addRaster, addResult, changeResult } from '../../../src-renderer/state/document-edits.ts';
import { editOfBox, editOfClick, type HandContext } from '../../../src-renderer/state/hand-work.ts';
import { someRaster, someResult } from '../../support/work-documents.ts';

const viewPx = { x: 0, y: 0, width: 50, height: 50 };
const wholePx = { x: 0, y: 0, width: 1000, height: 1000 };

function contextOf(work: WorkDocument, selectedId: string | null = null): HandContext {
  let count = 0;
  return {
    work,
    selectedId,
    rasterId: 'raster-1',
    windowsPx: [viewPx, wholePx],
    newId: () => `hand-${++count}`,
    newResult: (content) => ({ ...someResult('by-hand', []), runRecord: null, ...content }),
  };
}
const empty = addRaster(someRaster())(emptyDocument);
const answered = addResult(someResult('a', [10]))(empty);

describe('work by hand', () => {
  it('needs no question: click, click, box make one object with all three', () => {
    const first = editOfClick(contextOf(empty), 'positive_points', [5, 5])!;
    const begun = first.edit(empty);
    const second = editOfClick(contextOf(begun, first.instanceId), 'negative_points', [9, 9])!;
    const clicked = second.edit(begun);
    const boxed = editOfBox(contextOf(clicked, first.instanceId), [1, 1, 20, 20])!.edit(clicked);
    expect(findInstance(boxed, first.instanceId)?.instance.promptScenePx).toEqual({
      bbox_2d: [1, 1, 20, 20],
      positive_points: [[5, 5]],
      negative_points: [[9, 9]],
    });
    expect(boxed.results).toHaveLength(1);
  });

  it('begins another object with another box', () => {
    const first = editOfBox(contextOf(empty), [1, 1, 20, 20])!;
    const begun = first.edit(empty);
    const second = editOfBox(contextOf(begun, first.instanceId), [30, 30, 40, 40])!;
    expect([second.isNew, second.edit(begun).results[0]!.instances.length]).toEqual([true, 2]);
  });

  it('adds to the answer whose object is selected, and changes none by chance', () => {
    const edit = editOfBox(contextOf(answered, 'a-1'), [30, 30, 40, 40])!;
    expect(edit.edit(answered).results.map(({ instances }) => instances.length)).toEqual([2]);
    expect(editOfClick(contextOf(answered), 'negative_points', [5, 5])).toBeNull();
  });

  it('leaves a selected object alone that is hidden, and begins another one in sight', () => {
    const hidden = changeResult('a', { visible: false })(answered);
    const click = editOfClick(contextOf(hidden, 'a-1'), 'positive_points', [5, 5])!;
    expect([click.isNew, click.edit(hidden).results.map(({ instances }) => instances.length)]).toEqual([true, [1, 1]]);
    expect(click.edit(hidden).results[0]).toBe(hidden.results[0]);
    expect(editOfClick(contextOf(hidden, 'a-1'), 'negative_points', [5, 5])).toBeNull();
  });

  it('covers the view, or the scene where the view does not reach', () => {
    expect(editOfBox(contextOf(empty), [1, 1, 20, 20])!.edit(empty).results[0]!.windowPx).toEqual(viewPx);
    expect(editOfBox(contextOf(empty), [1, 1, 90, 20])!.edit(empty).results[0]!.windowPx).toEqual(wholePx);
  });
});
