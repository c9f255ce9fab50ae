import { expect, it } from 'vitest';
import { emptyDocument, type WorkDocument } from '../../../src-renderer/state/document.ts';
import { addRaster, addResult } from '../../../src-renderer/state/document-edits.ts';
import { knownSizePx } from '../../../src-renderer/state/known-size.ts';
import { someRaster, someResult } from '../../support/work-documents.ts';

it('is what a model saw of the file, wherever that lay, and nothing of another', () => {
  const [seen, drawn, other] = [
    someRaster('raster-1', '/moved/scene.tif'),
    someRaster('raster-2', '/data/scene.tif'),
    someRaster('raster-3', '/data/other.tif'),
  ];
  const work = [
    ...[seen, drawn, other].map(addRaster),
    addResult(someResult('a', [10], { runRecord: null })),
    addResult(someResult('b', [10])),
    addResult(someResult('c', [10], { rasterId: 'raster-2', runRecord: null })),
    addResult(someResult('d', [10], { rasterId: 'raster-3' })),
  ].reduce<WorkDocument>((now, edit) => edit(now), emptyDocument);
  expect([seen, drawn, other].map((raster) => knownSizePx(work, raster))).toEqual([
    { width: 100, height: 100 },
    null,
    null,
  ]);
});
