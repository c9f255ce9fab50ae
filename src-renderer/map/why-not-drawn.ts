import { transformBetween, type MapFrame } from './map-frame.ts';

export type Apart = 'hasNoCrs' | 'activeHasNoCrs' | 'nothingInCommon';

/** Why a raster cannot be drawn in the map of the active one, which has the frame of that; null where it can. */
export function whyNotDrawn(raster: Pick<MapFrame, 'proj4'>, active: Pick<MapFrame, 'proj4'>): Apart | null {
  // Pixels of two pictures are not the same coordinates.
  if (raster.proj4 === null) {
    return 'hasNoCrs';
  }
  if (active.proj4 === null) {
    return 'activeHasNoCrs';
  }
  return transformBetween(raster.proj4, active.proj4) === null ? 'nothingInCommon' : null;
}
