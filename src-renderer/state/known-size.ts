/** What the work itself says of a raster that cannot be opened. */
import type { RasterLayer, WorkDocument } from './document.ts';
import { fileName } from './format.ts';

export interface SizePx {
  readonly width: number;
  readonly height: number;
}

/** Null where no model has seen the raster. Results that were made from another file say nothing of this one. */
export function knownSizePx({ results }: WorkDocument, { id, path }: RasterLayer): SizePx | null {
  const scenes = results.flatMap(({ rasterId, runRecord }) =>
    rasterId === id && runRecord !== null ? runRecord.scene : [],
  );
  const scene = scenes.find((one) => fileName(one.path) === fileName(path));
  return scene === undefined ? null : { width: scene.width, height: scene.height };
}
