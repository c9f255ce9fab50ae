/** What there is to say of results that were made from another raster than the one they lie on. */
import type { StoredResult } from '../../contract/stored-results.ts';
import { isSameRaster, nameOf, type RasterFacts } from './recorded-raster.ts';

/** One note for each raster that results name and that is not this one. */
export function notesOfOrigin(results: readonly Pick<StoredResult, 'runRecord'>[], raster: RasterFacts): string[] {
  const { width, height } = raster;
  const name = nameOf(raster);
  const others = results.flatMap(({ runRecord }) => {
    const scene = runRecord?.scene;
    return scene === undefined || isSameRaster(scene, raster) ? [] : [scene];
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
