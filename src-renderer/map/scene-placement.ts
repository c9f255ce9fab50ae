/** Where the pixels of each raster lie in the frame of the view: the one way between scene pixels and what is on the map. */
import type { Geotransform, Point } from '../../src-main/contract/geo.ts';
import { mapToScenePx, scenePxToMap } from '../state/scene-geometry.ts';
import type { MapRaster } from './map-contents.ts';
import { transformBetween, type MapFrame, type TransformPoint } from './map-frame.ts';
import { whyNotDrawn } from './why-not-drawn.ts';

export interface PlacedScene {
  readonly width: number;
  readonly height: number;
  readonly transform: Geotransform;
  /** Map coordinates of the scene to those of the view and back. */
  readonly toView: TransformPoint;
  readonly fromView: TransformPoint;
}

export interface ScenePlacement extends PlacedScene {
  readonly raster: MapRaster;
  readonly sceneToView: (pointScenePx: Point) => Point | null;
  readonly viewToScene: (pointView: Point) => Point | null;
}

/** Null when the raster has nothing in common with the frame of the view, as a picture without CRS in a map of the Earth. */
export function placeScene(raster: MapRaster, frame: MapFrame, isActive: boolean): ScenePlacement | null {
  const { proj4, transform, info } = raster.display;
  if (!isActive && whyNotDrawn(raster.display, frame) !== null) {
    return null;
  }
  const toView = transformBetween(proj4, frame.proj4);
  const fromView = transformBetween(frame.proj4, proj4);
  if (toView === null || fromView === null) {
    return null;
  }
  return {
    raster,
    width: info.width,
    height: info.height,
    transform,
    toView,
    fromView,
    sceneToView: (pointScenePx) => toView(scenePxToMap(transform, pointScenePx)),
    viewToScene: (pointView) => {
      const pointMap = fromView(pointView);
      return pointMap === null ? null : mapToScenePx(transform, pointMap);
    },
  };
}
