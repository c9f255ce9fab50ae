/** What there is to say of results that were made from another raster than the one they lie on. */
import { basename } from 'node:path';
import type { RunRecord } from '../../contract/run-record.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import type { StoredResult } from '../../contract/stored-results.ts';

type RecordedScene = RunRecord['scene'];

/** One note for each raster that results name and that is not this one. A raster may have been moved: its name and size tell. */
export function notesOfOrigin(
  results: readonly Pick<StoredResult, 'runRecord'>[],
  { path, width, height }: Pick<SceneInfo, 'path' | 'width' | 'height'>,
): string[] {
  const name = basename(path);
  const others = results.flatMap(({ runRecord }) => {
    const scene = runRecord?.scene;
    const isThis = scene === undefined || (nameOf(scene) === name && scene.width === width && scene.height === height);
    return isThis ? [] : [scene];
  });
  const notes = others.map((scene) => {
    const made = `${nameOf(scene)} of ${scene.width} x ${scene.height} pixels`;
    return (
      `made from ${made}, and now on ${name} of ${width} x ${height}, which is another raster. Outlines keep their place on the map; ` +
      `one whose prompt is edited is drawn anew from ${name}. Open ${nameOf(scene)} first to have them on their own raster.`
    );
  });
  return [...new Set(notes)];
}

/** The record may come from another system, with other separators. */
function nameOf({ path }: RecordedScene): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
