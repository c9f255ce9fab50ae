/** The map: rasters, outlines, prompts and hands together in one view, told what to show and asked where things are. */
import OlMap from 'ol/Map.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import View from 'ol/View.js';
import { getCenter } from 'ol/extent.js';
import DragPan from 'ol/interaction/DragPan.js';
import KeyboardPan from 'ol/interaction/KeyboardPan.js';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom.js';
import PinchZoom from 'ol/interaction/PinchZoom.js';
import { getRenderPixel } from 'ol/render.js';
import type RenderEvent from 'ol/render/Event.js';
import Kinetic from 'ol/Kinetic.js';
import type { BoundingBox, Point, WindowPx } from '../../src-main/contract/geo.ts';
import { scenePxToMap, windowOfBounds } from '../state/scene-geometry.ts';
import { HandInteraction, isInside } from './hand-interaction.ts';
import type {
  MapGestures,
  MapPlace,
  MapPosition,
  MapPrompt,
  MapRaster,
  MapShape,
  MapTarget,
  MapTool,
  PointerPlace,
} from './map-contents.ts';
import {
  frameOf,
  lonLatFrame,
  projectionOf,
  transformBetween,
  type MapFrame,
  type TransformPoint,
} from './map-frame.ts';
import { pictureOf } from './map-picture.ts';
import { PromptLayer } from './prompt-layer.ts';
import { RasterStack } from './raster-stack.ts';
import { SpaceKey } from './space-key.ts';
import type { ScenePlacement } from './scene-placement.ts';
import { ShapeLayer } from './shape-layer.ts';

export interface MapListener {
  /** After every drawing. `isComplete`: nothing more is coming. */
  drawn(place: MapPlace, isComplete: boolean): void;
  pointedAt(place: PointerPlace | null): void;
  rasterFailed(rasterId: string, message: string): void;
}

const zoomMs = 160;
const paddingPx = 24;

export class SceneMap {
  readonly #element: HTMLElement;
  readonly #map: OlMap;
  readonly #rasters: RasterStack;
  readonly #shapes = new ShapeLayer();
  readonly #prompts = new PromptLayer();
  readonly #hands: HandInteraction;
  readonly #space = new SpaceKey();
  readonly #listener: MapListener;
  readonly #gestures: MapGestures;
  #frame: MapFrame | null = null;
  #toLonLat: TransformPoint | null = null;
  #activeId: string | null = null;
  #tool: MapTool = 'select';
  #promptList: readonly MapPrompt[] = [];
  #shapeList: readonly MapShape[] = [];
  #target: MapTarget | null = null;
  #compareAt: number | null = null;

  constructor(element: HTMLElement, gestures: MapGestures, listener: MapListener) {
    this.#element = element;
    this.#gestures = gestures;
    this.#listener = listener;
    this.#hands = new HandInteraction({
      tool: () => this.#tool,
      isPanning: (event) => this.#space.isDown || event.button === 1,
      prompts: () => this.#promptList,
      placementOf: (id) => this.#rasters.placementOf(id),
      active: () => this.#active,
      toScreen: (pointView) => this.#toScreen(pointView),
      setCursor: (cursor) => (element.style.cursor = cursor),
      setDraft: (corners, placement) => this.#prompts.setDraft(corners, placement),
      gestures: () => this.#gestures,
    });
    this.#map = new OlMap({
      target: element,
      controls: [],
      interactions: [
        new KeyboardPan({ pixelDelta: 96 }),
        new MouseWheelZoom({ duration: zoomMs }),
        new PinchZoom(),
        new DragPan({
          kinetic: new Kinetic(-0.005, 0.05, 100),
          condition: ({ originalEvent }) =>
            originalEvent instanceof PointerEvent && (originalEvent.button === 0 || originalEvent.button === 1),
        }),
        this.#hands,
      ],
      layers: [this.#shapes.layer, this.#prompts.layer, this.#prompts.draftLayer],
    });
    this.#rasters = new RasterStack(this.#map, (id, message) => listener.rasterFailed(id, message));
    [this.#shapes.layer, this.#prompts.layer, this.#prompts.draftLayer].forEach((layer, index) => {
      layer.setZIndex(10_000 + index);
    });
    this.#listen();
  }

  get map(): OlMap {
    return this.#map;
  }

  get #active(): ScenePlacement | null {
    return this.#activeId === null ? null : this.#rasters.placementOf(this.#activeId);
  }

  /** @param activeId raster whose CRS the map has and that hands work on */
  setRasters(rasters: readonly MapRaster[], activeId: string | null): void {
    const active = rasters.find(({ id }) => id === activeId);
    const isAnother = this.#activeId !== (active?.id ?? null);
    const isNew = active !== undefined && !this.#rasters.has(active.id);
    this.#activeId = active?.id ?? null;
    if (active !== undefined) {
      this.#useFrame(frameOf(active.display), active);
    }
    if (this.#frame !== null) {
      this.#rasters.set(rasters, this.#frame, this.#activeId);
      this.#redrawVectors();
    }
    // What is worked on should be seen.
    if (active !== undefined && isAnother && (isNew || this.viewWindowPx === null)) {
      this.zoomToRaster(active.id);
    }
  }

  setShapes(shapes: readonly MapShape[]): void {
    this.#shapeList = shapes;
    this.#shapes.set(shapes, (id) => this.#rasters.placementOf(id));
  }

  setPrompts(prompts: readonly MapPrompt[], target: MapTarget | null): void {
    this.#promptList = prompts;
    this.#target = target;
    this.#prompts.set(prompts, target, (id) => this.#rasters.placementOf(id));
  }

  emphasise(selectedIds: readonly string[], hoveredId: string | null): void {
    this.#shapes.emphasise(selectedIds, hoveredId);
  }

  setTool(tool: MapTool): void {
    this.#tool = tool;
    this.#element.style.cursor = tool === 'select' ? 'default' : 'crosshair';
  }

  /** Results are drawn left of this share of the width only; null draws them everywhere. */
  setCompare(compareAt: number | null): void {
    this.#compareAt = compareAt;
    this.#map.render();
  }

  get position(): MapPosition | null {
    const [x, y] = this.#map.getView().getCenter() ?? [];
    const resolution = this.#map.getView().getResolution();
    return x === undefined || y === undefined || resolution === undefined ? null : { centreMap: [x, y], resolution };
  }

  /** Null before the first raster. */
  get place(): MapPlace | null {
    const { position } = this;
    return position === null || this.#frame === null || this.#map.getSize() === undefined
      ? null
      : { ...position, boundsMap: this.#boundsView, frame: this.#frame };
  }

  get #boundsView(): BoundingBox {
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = this.#map.getView().calculateExtent();
    return [minX, minY, maxX, maxY];
  }

  moveTo({ centreMap, resolution }: MapPosition): void {
    this.#map.getView().setCenter([...centreMap]);
    this.#map.getView().setResolution(resolution);
  }

  zoomIn(): void {
    this.#zoomBy(2);
  }

  zoomOut(): void {
    this.#zoomBy(1 / 2);
  }

  /** All of the active scene. */
  zoomScene(): void {
    if (this.#activeId !== null) {
      this.zoomToRaster(this.#activeId);
    }
  }

  #zoomBy(factor: number): void {
    const view = this.#map.getView();
    view.animate({ resolution: (view.getResolution() ?? 1) / factor, duration: zoomMs });
  }

  /** One pixel of the active scene on one pixel of the screen. */
  zoomNative(): void {
    const centre = this.position?.centreMap;
    const active = this.#active;
    const middlePx = centre === undefined ? null : active?.viewToScene(centre);
    if (!active || !middlePx) {
      return;
    }
    const inside: Point = [
      Math.min(active.width - 1, Math.max(0, middlePx[0])),
      Math.min(active.height - 1, Math.max(0, middlePx[1])),
    ];
    const from = active.sceneToView(inside);
    const to = active.sceneToView([inside[0] + 1, inside[1]]);
    if (from !== null && to !== null) {
      const unitsPerScenePx = Math.hypot(to[0] - from[0], to[1] - from[1]);
      this.#map.getView().setResolution(unitsPerScenePx * window.devicePixelRatio);
    }
  }

  zoomToRaster(rasterId: string): void {
    const placement = this.#rasters.placementOf(rasterId);
    if (placement !== null) {
      this.#fit(extentInView(placement, { x: 0, y: 0, width: placement.width, height: placement.height }));
    }
  }

  zoomToWindow(rasterId: string, windowPx: WindowPx): void {
    const placement = this.#rasters.placementOf(rasterId);
    if (placement !== null) {
      this.#fit(extentInView(placement, windowPx));
    }
  }

  zoomToShapes(ids: readonly string[]): void {
    const extent = this.#shapes.extentOf(ids);
    if (extent !== null) {
      this.#fit(extent);
    }
  }

  /** What of the active scene is in view, in full-resolution pixels; null when nothing is. */
  get viewWindowPx(): WindowPx | null {
    const active = this.#active;
    return active === null || this.#map.getSize() === undefined
      ? null
      : windowOfBounds(active.transform, active, this.#boundsView);
  }

  /** Where a place of a scene is on the page, in CSS pixels from the map's upper left corner. */
  screenOf(rasterId: string, pointScenePx: Point): Point | null {
    const pointView = this.#rasters.placementOf(rasterId)?.sceneToView(pointScenePx) ?? null;
    return pointView === null ? null : this.#toScreen(pointView);
  }

  /** What the map shows, as the data address of a PNG; null before there is anything. */
  picture(): string | null {
    return this.place === null ? null : pictureOf(this.#element);
  }

  get isComplete(): boolean {
    return this.#rasters.isComplete && !this.#map.getView().getAnimating();
  }

  dispose(): void {
    this.#space.dispose();
    this.#rasters.dispose();
    this.#map.setTarget();
    this.#map.dispose();
  }

  #useFrame(frame: MapFrame, active: MapRaster): void {
    const before = this.#frame;
    const isSame = before !== null && before.proj4 === frame.proj4 && frame.proj4 !== null;
    if (isSame) {
      return;
    }
    const position = this.position;
    const carried = before === null || position === null ? null : carry(position, before, frame);
    this.#frame = frame;
    this.#toLonLat = transformBetween(frame.proj4, lonLatFrame);
    const [minX, minY, maxX, maxY] = active.display.boundsMap;
    const [width = 1, height = 1] = this.#map.getSize() ?? [];
    const fitting = Math.max((maxX - minX) / (width - 2 * paddingPx), (maxY - minY) / (height - 2 * paddingPx));
    const { transform } = active.display;
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

  #redrawVectors(): void {
    this.setShapes(this.#shapeList);
    this.setPrompts(this.#promptList, this.#target);
  }

  #fit(extent: number[]): void {
    this.#map.getView().fit(extent, { padding: [paddingPx, paddingPx, paddingPx, paddingPx], duration: zoomMs });
  }

  #toScreen(pointView: Point): Point | null {
    const [x, y] = (this.#map.getPixelFromCoordinate([...pointView]) as number[] | null) ?? [];
    return x === undefined || y === undefined ? null : [x, y];
  }

  #listen(): void {
    const map = this.#map;
    map.on('postrender', () => {
      const { place } = this;
      if (place !== null) {
        this.#listener.drawn(place, this.isComplete);
      }
    });
    map.on('pointermove', (event) => {
      this.#listener.pointedAt(this.#placeAt(event.coordinate));
      if (!event.dragging) {
        this.#gestures.hover(this.#shapeUnder(event.pixel));
      }
    });
    this.#element.addEventListener('pointerleave', () => {
      this.#listener.pointedAt(null);
      this.#gestures.hover(null);
    });
    map.on('click', (event) => {
      if (this.#tool === 'select') {
        this.#gestures.select(this.#shapeUnder(event.pixel), { extend: isExtending(event) });
      }
    });
    this.#element.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      this.#rightClick(event);
    });
    for (const layer of [this.#shapes.layer, this.#prompts.layer]) {
      layer.on('prerender', (event) => this.#clip(event));
      layer.on('postrender', ({ context }) => {
        if (this.#compareAt !== null && context instanceof CanvasRenderingContext2D) {
          context.restore();
        }
      });
    }
  }

  /** Right on a point takes it away; elsewhere, with the point tool, it says what is not wanted. */
  #rightClick(event: MouseEvent): void {
    const [x = 0, y = 0] = this.#map.getEventPixel(event);
    const under = this.#hands.handleUnder([x, y]);
    if (under?.handle.kind === 'point') {
      this.#gestures.removePoint(under.prompt.instanceId, under.handle.pointKind, under.handle.index);
      return;
    }
    const active = this.#active;
    const pointView = this.#map.getCoordinateFromPixel([x, y]) as number[] | null;
    const pointScenePx = pointView === null ? null : active?.viewToScene([pointView[0]!, pointView[1]!]);
    if (this.#tool === 'point' && active && pointScenePx && isInside(active, pointScenePx)) {
      this.#gestures.placePoint('negative_points', [...pointScenePx]);
    }
  }

  #clip(event: RenderEvent): void {
    const { context } = event;
    const [width = 0, height = 0] = this.#map.getSize() ?? [];
    if (this.#compareAt === null || !(context instanceof CanvasRenderingContext2D)) {
      return;
    }
    const corner = (x: number, y: number): [number, number] => {
      const [pixelX = 0, pixelY = 0] = getRenderPixel(event, [x, y]);
      return [pixelX, pixelY];
    };
    const edge = width * this.#compareAt;
    context.save();
    context.beginPath();
    context.moveTo(...corner(0, 0));
    context.lineTo(...corner(edge, 0));
    context.lineTo(...corner(edge, height));
    context.lineTo(...corner(0, height));
    context.closePath();
    context.clip();
  }

  #shapeUnder(pixel: number[]): string | null {
    const found = this.#map.forEachFeatureAtPixel(pixel, (feature) => feature.getId(), {
      layerFilter: (layer) => layer === this.#shapes.layer,
      hitTolerance: 3,
    });
    return found === undefined ? null : String(found);
  }

  #placeAt(coordinate: number[]): PointerPlace | null {
    const active = this.#active;
    const pointView: Point = [coordinate[0]!, coordinate[1]!];
    const pointScenePx = active?.viewToScene(pointView) ?? null;
    return pointScenePx === null
      ? null
      : { pointMap: pointView, lonLat: this.#toLonLat?.(pointView) ?? null, pointScenePx };
  }
}

function isExtending({ originalEvent }: MapBrowserEvent): boolean {
  return (
    originalEvent instanceof MouseEvent && (originalEvent.shiftKey || originalEvent.ctrlKey || originalEvent.metaKey)
  );
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
