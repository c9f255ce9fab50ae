/** The map: rasters, outlines, prompts and hands together in one view, told what to show and asked where things are. */
import OlMap from 'ol/Map.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import DragPan from 'ol/interaction/DragPan.js';
import KeyboardPan from 'ol/interaction/KeyboardPan.js';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom.js';
import PinchZoom from 'ol/interaction/PinchZoom.js';
import Kinetic from 'ol/Kinetic.js';
import type { Point, WindowPx } from '../../src-main/contract/geo.ts';
import { windowOfBounds } from '../state/scene-geometry.ts';
import { CompareClip } from './compare-clip.ts';
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
import { frameOf, lonLatFrame, transformBetween, type TransformPoint } from './map-frame.ts';
import { pictureOf } from './map-picture.ts';
import { Navigation, zoomMs } from './navigation.ts';
import { followPixelRatio } from './pixel-ratio.ts';
import { PromptLayer } from './prompt-layer.ts';
import { RasterStack } from './raster-stack.ts';
import { SpaceKey } from './space-key.ts';
import type { ScenePlacement } from './scene-placement.ts';
import { ShapeLayer } from './shape-layer.ts';

/** A hand that misses an outline by so much means it. */
const reachPx = 3;

export interface MapListener {
  /** After every drawing. `isComplete`: nothing more is coming. */
  drawn(place: MapPlace, isComplete: boolean): void;
  pointedAt(place: PointerPlace | null): void;
  rasterFailed(rasterId: string, message: string): void;
}

export class SceneMap {
  readonly #element: HTMLElement;
  readonly #map: OlMap;
  readonly #navigation: Navigation;
  readonly #compare: CompareClip;
  readonly #rasters: RasterStack;
  readonly #shapes = new ShapeLayer();
  readonly #prompts = new PromptLayer();
  readonly #hands: HandInteraction;
  readonly #space = new SpaceKey();
  readonly #listener: MapListener;
  readonly #gestures: MapGestures;
  /** OpenLayers keeps the ratio of the screen on which the program started. */
  readonly #stopFollowing: () => void;
  #toLonLat: TransformPoint | null = null;
  #activeId: string | null = null;
  #tool: MapTool = 'select';
  #promptList: readonly MapPrompt[] = [];
  #editedIds: ReadonlySet<string> = new Set();
  #editedPrompts: readonly MapPrompt[] = [];
  #shapeList: readonly MapShape[] = [];
  #target: MapTarget | null = null;

  constructor(element: HTMLElement, gestures: MapGestures, listener: MapListener) {
    this.#element = element;
    this.#gestures = gestures;
    this.#listener = listener;
    this.#hands = new HandInteraction({
      tool: () => this.#tool,
      isPanning: (event) => this.#space.isDown || event.button === 1,
      prompts: () => this.#editedPrompts,
      placementOf: (id) => this.#rasters.placementOf(id),
      active: () => this.#active,
      toScreen: (pointView) => this.#navigation.screenOf(pointView),
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
      layers: [...this.#shapes.layers, ...this.#prompts.layers, this.#prompts.draftLayer],
    });
    this.#navigation = new Navigation(this.#map);
    this.#compare = new CompareClip(this.#map, [...this.#shapes.layers, ...this.#prompts.layers]);
    this.#rasters = new RasterStack(this.#map, (id, message) => listener.rasterFailed(id, message));
    [...this.#shapes.layers, ...this.#prompts.layers, this.#prompts.draftLayer].forEach((layer, index) => {
      layer.setZIndex(10_000 + index);
    });
    this.#listen();
    this.#stopFollowing = followPixelRatio((pixelRatio) => this.#map.setPixelRatio(pixelRatio));
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
      const frame = frameOf(active.display);
      this.#navigation.useFrame(frame, active.id, active.display);
      this.#toLonLat = transformBetween(frame.proj4, lonLatFrame);
    }
    const { frame } = this.#navigation;
    if (frame !== null) {
      this.#rasters.set(rasters, frame, this.#activeId);
      this.#navigation.limitZoom(this.#rasters.placements);
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

  /** @param editedIds instances whose prompts have handles */
  setPrompts(prompts: readonly MapPrompt[], editedIds: ReadonlySet<string>, target: MapTarget | null): void {
    this.#promptList = prompts;
    this.#editedIds = editedIds;
    this.#editedPrompts = prompts.filter(({ instanceId }) => editedIds.has(instanceId));
    this.#target = target;
    this.#prompts.set(prompts, editedIds, target, (id) => this.#rasters.placementOf(id));
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
    this.#compare.setEdge(compareAt);
  }

  get position(): MapPosition | null {
    return this.#navigation.position;
  }

  /** Null before the first raster. */
  get place(): MapPlace | null {
    const { position, frame } = this.#navigation;
    // A map without a view has no bounds: it must not be asked for them.
    return position === null || frame === null || this.#map.getSize() === undefined
      ? null
      : { ...position, boundsMap: this.#navigation.bounds, frame };
  }

  moveTo(position: MapPosition): void {
    this.#navigation.moveTo(position);
  }

  zoomIn(): void {
    this.#navigation.zoomBy(2);
  }

  zoomOut(): void {
    this.#navigation.zoomBy(1 / 2);
  }

  /** All of the active scene. */
  zoomScene(): void {
    if (this.#activeId !== null) {
      this.zoomToRaster(this.#activeId);
    }
  }

  /** One pixel of the active scene on one pixel of the screen. */
  zoomNative(): void {
    const active = this.#active;
    if (active !== null) {
      this.#navigation.zoomNative(active, window.devicePixelRatio);
    }
  }

  zoomToRaster(rasterId: string): void {
    const placement = this.#rasters.placementOf(rasterId);
    if (placement !== null) {
      this.#navigation.zoomToWindow(placement, { x: 0, y: 0, width: placement.width, height: placement.height });
    }
  }

  zoomToWindow(rasterId: string, windowPx: WindowPx): void {
    const placement = this.#rasters.placementOf(rasterId);
    if (placement !== null) {
      this.#navigation.zoomToWindow(placement, windowPx);
    }
  }

  zoomToShapes(ids: readonly string[]): void {
    const extent = this.#shapes.extentOf(ids);
    if (extent !== null) {
      this.#navigation.fit(extent);
    }
  }

  /** Moves the map, without zooming, unless all of a shape is in view already. */
  reveal(id: string): void {
    const extent = this.#shapes.extentOf([id]);
    if (extent !== null) {
      this.#navigation.reveal(extent);
    }
  }

  /** What of the active scene is in view, in full-resolution pixels; null when nothing is. */
  get viewWindowPx(): WindowPx | null {
    const active = this.#active;
    return active === null || this.#map.getSize() === undefined
      ? null
      : windowOfBounds(active.transform, active, this.#navigation.bounds);
  }

  /** Where a place of a scene is on the page, in CSS pixels from the map's upper left corner. */
  screenOf(rasterId: string, pointScenePx: Point): Point | null {
    const pointView = this.#rasters.placementOf(rasterId)?.sceneToView(pointScenePx) ?? null;
    return pointView === null ? null : this.#navigation.screenOf(pointView);
  }

  /** What the map shows, as the data address of a PNG; null before there is anything. */
  picture(): string | null {
    return this.place === null ? null : pictureOf(this.#element);
  }

  get isComplete(): boolean {
    return this.#rasters.isComplete && !this.#map.getView().getAnimating();
  }

  dispose(): void {
    this.#stopFollowing();
    this.#space.dispose();
    this.#rasters.dispose();
    this.#map.setTarget();
    this.#map.dispose();
  }

  #redrawVectors(): void {
    this.setShapes(this.#shapeList);
    this.setPrompts(this.#promptList, this.#editedIds, this.#target);
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

  #shapeUnder(pixel: number[]): string | null {
    const place = this.#map.getCoordinateFromPixel(pixel) as number[] | null;
    const resolution = this.#map.getView().getResolution();
    return place === null || resolution === undefined
      ? null
      : this.#shapes.shapeAt([place[0]!, place[1]!], reachPx * resolution);
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
