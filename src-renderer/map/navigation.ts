/** Where the view of a map is and how it gets elsewhere. Extents and positions are in the frame of the map. */
import type OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import { containsExtent, createEmpty, extend, getCenter } from 'ol/extent.js';
import type { BoundingBox, Point, WindowPx } from '../../src-main/contract/geo.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { scenePxToMap } from '../state/scene-geometry.ts';
import type { MapPosition } from './map-contents.ts';
import { projectionOf, transformBetween, type MapFrame } from './map-frame.ts';
import type { ScenePlacement } from './scene-placement.ts';

export const zoomMs = 160;
const paddingPx = 24;
/** How much closer than one pixel, and how much wider than everything, one can look. */
const zoomReserve = 64;

/** What of a map navigation works on. */
export type ViewedMap = Pick<OlMap, 'getView' | 'setView' | 'getSize' | 'getPixelFromCoordinate'>;

interface ZoomLimits {
  readonly minResolution: number;
  readonly maxResolution: number;
}

export class Navigation {
  readonly #map: ViewedMap;
  #frame: MapFrame | null = null;
  /** The raster that the frame is of. */
  #frameOf: string | null = null;
  #limits: ZoomLimits | null = null;

  constructor(map: ViewedMap) {
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

  /**
   * The map takes the frame of a scene, and stays where it is as far as the two have places in common.
   *
   * @param rasterId without a CRS a frame is that of this raster alone
   */
  useFrame(
    frame: MapFrame,
    rasterId: string,
    { boundsMap, transform }: Pick<SceneDisplay, 'boundsMap' | 'transform'>,
  ): void {
    const before = this.#frame;
    const isSame = before?.proj4 === frame.proj4 && (frame.proj4 !== null || rasterId === this.#frameOf);
    this.#frameOf = rasterId;
    if (isSame) {
      return;
    }
    const { position } = this;
    const carried = before === null || position === null ? null : carry(position, before, frame);
    this.#frame = frame;
    const extent = [...boundsMap];
    const [x = 0, y = 0] = getCenter(extent);
    const place = carried ?? { centreMap: [x, y], resolution: this.#fittingResolution(extent) };
    this.#setView(frame, place, this.#limitsOf(Math.hypot(transform[0], transform[3]), extent, place));
  }

  /** One can come as close as the finest raster has pixels and go as far as all of them lie. */
  limitZoom(placements: readonly ScenePlacement[]): void {
    const { frame, position } = this;
    const sizes = placements.flatMap((placement) => unitsPerScenePx(placement, middleOf(placement)) ?? []);
    if (frame === null || position === null || sizes.length === 0) {
      return;
    }
    const around = placements.reduce((extent, placement) => extend(extent, wholeExtent(placement)), createEmpty());
    const limits = this.#limitsOf(Math.min(...sizes), around, position);
    const { minResolution, maxResolution } = this.#limits ?? {};
    if (limits.minResolution !== minResolution || limits.maxResolution !== maxResolution) {
      this.#setView(frame, position, limits);
    }
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

  /** One pixel of a scene on one pixel of the screen, of which there are `devicePixelRatio` along one of CSS. */
  zoomNative(placement: ScenePlacement, devicePixelRatio: number): void {
    const { width, height, viewToScene } = placement;
    const centre = this.position?.centreMap;
    const middlePx = centre === undefined ? null : viewToScene(centre);
    if (middlePx === null) {
      return;
    }
    const inside: Point = [
      Math.min(width - 1, Math.max(0, middlePx[0])),
      Math.min(height - 1, Math.max(0, middlePx[1])),
    ];
    const unitsPerPx = unitsPerScenePx(placement, inside);
    if (unitsPerPx !== null) {
      this.#map.getView().setResolution(unitsPerPx * devicePixelRatio);
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

  #fittingResolution([minX = 0, minY = 0, maxX = 0, maxY = 0]: number[]): number {
    const [width = 0, height = 0] = this.#map.getSize() ?? [];
    const free = (side: number): number => Math.max(1, side - 2 * paddingPx);
    return Math.max((maxX - minX) / free(width), (maxY - minY) / free(height));
  }

  /** The place where the map is lies inside, however far that is from all rasters. */
  #limitsOf(finestUnitsPerPx: number, extent: number[], { resolution }: MapPosition): ZoomLimits {
    return {
      minResolution: Math.min(finestUnitsPerPx / zoomReserve, resolution),
      maxResolution: Math.max(this.#fittingResolution(extent) * zoomReserve, resolution),
    };
  }

  /** A view cannot change its limits: there is another one at the same place. */
  #setView(frame: MapFrame, { centreMap, resolution }: MapPosition, limits: ZoomLimits): void {
    this.#limits = limits;
    this.#map.setView(
      new View({
        projection: projectionOf(frame),
        center: [...centreMap],
        resolution,
        ...limits,
        constrainRotation: false,
        enableRotation: false,
      }),
    );
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

function middleOf({ width, height }: ScenePlacement): Point {
  return [width / 2, height / 2];
}

/** Map units along one pixel of a scene; null where the scene has no place in the frame. */
function unitsPerScenePx({ sceneToView }: ScenePlacement, [x, y]: Point): number | null {
  const from = sceneToView([x, y]);
  const to = sceneToView([x + 1, y]);
  return from === null || to === null ? null : Math.hypot(to[0] - from[0], to[1] - from[1]);
}

function wholeExtent(placement: ScenePlacement): number[] {
  const { width, height } = placement;
  return extentInView(placement, { x: 0, y: 0, width, height });
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
