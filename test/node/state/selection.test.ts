import { expect, it } from 'vitest';
import { emptyDocument, type WorkDocument } from '../../../src-renderer/state/document.ts';
import { addResult } from '../../../src-renderer/state/document-edits.ts';
import { inSight } from '../../../src-renderer/state/selection.ts';
import { someResult } from '../../support/work-documents.ts';

it('is in sight where its result is shown', () => {
  const work = [
    addResult(someResult('a', [10, 20])),
    addResult(someResult('b', [30], { visible: false })),
  ].reduce<WorkDocument>((now, edit) => edit(now), emptyDocument);
  expect(inSight(['b-1', 'a-2'], work)).toEqual(['a-2']);
  expect(inSight(['b-1'], work)).toEqual([]);
});
