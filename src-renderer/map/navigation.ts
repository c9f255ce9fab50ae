/** Where the view of a map is and how it gets elsewhere. Extents and positions are in the frame of the map. */
import type OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import { containsExtent, getCenter } from 'ol/extent.js';
import type { BoundingBox, Point, WindowPx } from '../../src-main/contract/geo.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { scenePxToMap } from '../state/scene-geometry.ts';
import type { MapPosition } from './map-contents.ts';
import { projectionOf, transformBetween, type MapFrame } from './map-frame.ts';
import type { ScenePlacement } from './scene-placement.ts';

export const zoomMs = 160;
const paddingPx = 24;

export class Navigation {
  readonly #map: OlMap;
  #frame: MapFrame | null = null;

  constructor(map: OlMap) {
    this.#map = map;
  }

  /** Null before the first raster. */
  get frame(): MapFrame | null {
    return this.#frame;
  }

  get position(): MapPosition | null {
    const view = this.#map.getView();
    const [x, y] = view.getCenter() ?? [];
    const resolution = view.getResolution();
    return x === undefined || y === undefined || resolution === undefined ? null : { centreMap: [x, y], resolution };
  }

  get bounds(): BoundingBox {
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = this.#map.getView().calculateExtent();
    return [minX, minY, maxX, maxY];
  }

  /** The map takes the frame of a scene, and stays where it is as far as the two have places in common. */
  useFrame(frame: MapFrame, { boundsMap, transform }: Pick<SceneDisplay, 'boundsMap' | 'transform'>): void {
    const before = this.#frame;
    if (before !== null && before.proj4 === frame.proj4 && frame.proj4 !== null) {
      return;
    }
    const { position } = this;
    const carried = before === null || position === null ? null : carry(position, before, frame);
    this.#frame = frame;
    const [minX, minY, maxX, maxY] = boundsMap;
    const [width = 1, height = 1] = this.#map.getSize() ?? [];
    const fitting = Math.max((maxX - minX) / (width - 2 * paddingPx), (maxY - minY) / (height - 2 * paddingPx));
    const unitsPerScenePx = Math.hypot(transform[0], transform[3]);
    this.#map.setView(
      new View({
        projection: projectionOf(frame),
        center: [...(carried?.centreMap ?? getCenter([minX, minY, maxX, maxY]))],
        resolution: carried?.resolution ?? fitting,
        minResolution: unitsPerScenePx / 64,
        maxResolution: Math.max(fitting, carried?.resolution ?? 0) * 64,
        constrainRotation: false,
        enableRotation: false,
      }),
    );
  }

  moveTo({ centreMap, resolution }: MapPosition): void {
    this.#map.getView().setCenter([...centreMap]);
    this.#map.getView().setResolution(resolution);
  }

  /** @param factor above 1 to see more closely */
  zoomBy(factor: number): void {
    const view = this.#map.getView();
    view.animate({ resolution: (view.getResolution() ?? 1) / factor, duration: zoomMs });
  }

  /** One pixel of a scene on one pixel of the screen. */
  zoomNative({ width, height, sceneToView, viewToScene }: ScenePlacement): void {
    const centre = this.position?.centreMap;
    const middlePx = centre === undefined ? null : viewToScene(centre);
    if (middlePx === null) {
      return;
    }
    const inside: Point = [
      Math.min(width - 1, Math.max(0, middlePx[0])),
      Math.min(height - 1, Math.max(0, middlePx[1])),
    ];
    const from = sceneToView(inside);
    const to = sceneToView([inside[0] + 1, inside[1]]);
    if (from !== null && to !== null) {
      const unitsPerScenePx = Math.hypot(to[0] - from[0], to[1] - from[1]);
      this.#map.getView().setResolution(unitsPerScenePx * window.devicePixelRatio);
    }
  }

  zoomToWindow(placement: ScenePlacement, windowPx: WindowPx): void {
    this.fit(extentInView(placement, windowPx));
  }

  reveal(extent: number[]): void {
    const view = this.#map.getView();
    if (!containsExtent([...this.bounds], extent)) {
      view.setCenter(getCenter(extent));
    }
  }

  fit(extent: number[]): void {
    this.#map.getView().fit(extent, { padding: [paddingPx, paddingPx, paddingPx, paddingPx], duration: zoomMs });
  }

  /** In CSS pixels from the map's upper left corner; null before anything is drawn. */
  screenOf(pointView: Point): Point | null {
    const [x, y] = (this.#map.getPixelFromCoordinate([...pointView]) as number[] | null) ?? [];
    return x === undefined || y === undefined ? null : [x, y];
  }
}

/** The same place at about the same scale in another frame; null when it has no place there. */
function carry({ centreMap, resolution }: MapPosition, from: MapFrame, to: MapFrame): MapPosition | null {
  const transform = transformBetween(from.proj4, to.proj4);
  const centre = transform?.(centreMap) ?? null;
  const beside = transform?.([centreMap[0] + resolution, centreMap[1]]) ?? null;
  return from.proj4 === null || centre === null || beside === null
    ? null
    : { centreMap: [centre[0], centre[1]], resolution: Math.hypot(beside[0] - centre[0], beside[1] - centre[1]) };
}

function extentInView({ transform, toView }: ScenePlacement, { x, y, width, height }: WindowPx): number[] {
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const points = steps.flatMap((u) =>
    steps.flatMap((v) => {
      const point = toView(scenePxToMap(transform, [x + u * width, y + v * height]));
      return point === null ? [] : [point];
    }),
  );
  const xs = points.map(([px]) => px);
  const ys = points.map(([, py]) => py);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
