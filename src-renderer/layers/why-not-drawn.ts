import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { transformBetween } from '../map/map-frame.ts';

export type Apart = 'hasNoCrs' | 'activeHasNoCrs' | 'nothingInCommon';

/** Why a raster cannot be drawn in the map of the active one; null where it can. */
export function whyNotDrawn(raster: Pick<SceneDisplay, 'proj4'>, active: Pick<SceneDisplay, 'proj4'>): Apart | null {
  if (raster.proj4 === null) {
    return 'hasNoCrs';
  }
  if (active.proj4 === null) {
    return 'activeHasNoCrs';
  }
  return transformBetween(raster.proj4, active.proj4) === null ? 'nothingInCommon' : null;
}
