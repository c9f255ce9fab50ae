import type { FrameState } from 'ol/Map.js';
import Layer from 'ol/layer/Layer.js';
import { apply as applyTransform } from 'ol/transform.js';
import type { Point } from '../../src-main/contract/geo.ts';
import type { Rect } from '../raster/pyramid.ts';
import type { TileStore } from '../raster/tile-store.ts';
import { mapToScenePx, scenePxToMap } from '../state/scene-geometry.ts';
import { rememberPlaces } from './remember-places.ts';
import { drawTiles, planDrawing, type SceneOnScreen } from './raster-drawing.ts';
import type { PlacedScene } from './scene-placement.ts';

/** Places of the screen, along each side, from which the part of the scene that shows is found. */
const probesPerSide = 9;

/**
 * One raster as an OpenLayers layer that draws itself. OpenLayers' own GeoTIFF source wants square pixels that face north in the view's
 * projection and resamples everything else twice; here each tile is drawn once, by the scene's own transform.
 */
export class RasterMapLayer extends Layer {
  readonly tiles: TileStore;
  /** OpenLayers would draw the layers above into a bare canvas, with this layer's transform and opacity; into a box it cannot. */
  readonly #box = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  #scene: PlacedScene;
  #sceneToView: (pointScenePx: Point) => Point | null;

  constructor(tiles: TileStore, scene: PlacedScene) {
    super({});
    this.tiles = tiles;
    this.#scene = scene;
    this.#sceneToView = placesOf(scene);
    for (const element of [this.#box, this.#canvas]) {
      Object.assign(element.style, { position: 'absolute', inset: '0', width: '100%', height: '100%' });
    }
    this.#box.append(this.#canvas);
    const context = this.#canvas.getContext('2d');
    if (context === null) {
      throw new Error('this machine gives no 2D canvas; restart the program');
    }
    this.#context = context;
  }

  place(scene: PlacedScene): void {
    if (scene !== this.#scene) {
      this.#scene = scene;
      this.#sceneToView = placesOf(scene);
    }
    this.changed();
  }

  override render(frameState: FrameState | null): HTMLElement {
    const canvas = this.#canvas;
    if (frameState === null) {
      return this.#box;
    }
    const { size, pixelRatio } = frameState;
    const width = Math.round(size[0]! * pixelRatio);
    const height = Math.round(size[1]! * pixelRatio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.#box.style.opacity = String(this.getOpacity());
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, width, height);
    const { levels } = this.tiles;
    if (levels !== null) {
      const scene = this.#onScreen(frameState);
      const plan = planDrawing(levels, scene);
      this.tiles.want(plan?.wanted ?? []);
      if (plan !== null) {
        drawTiles(this.#context, levels, plan, scene, (address) => this.tiles.get(address));
      }
    }
    return this.#box;
  }

  override disposeInternal(): void {
    this.tiles.close();
    super.disposeInternal();
  }

  #onScreen(frameState: FrameState): SceneOnScreen {
    const { width, height } = this.#scene;
    const { coordinateToPixelTransform, pixelRatio } = frameState;
    return {
      sceneWidth: width,
      sceneHeight: height,
      project: (pointScenePx) => {
        const pointView = this.#sceneToView(pointScenePx);
        if (pointView === null) {
          return null;
        }
        const [x, y] = applyTransform(coordinateToPixelTransform, [...pointView]);
        return [x! * pixelRatio, y! * pixelRatio];
      },
      canvas: this.#canvas,
      visibleScenePx: this.#visible(frameState),
    };
  }

  #visible({ size, pixelToCoordinateTransform }: FrameState): Rect {
    const { width, height, transform, fromView } = this.#scene;
    const pointsPx: Point[] = [];
    for (let row = 0; row < probesPerSide; row += 1) {
      for (let column = 0; column < probesPerSide; column += 1) {
        const share = (at: number, length: number): number => (at / (probesPerSide - 1)) * length;
        const screen = [share(column, size[0]!), share(row, size[1]!)];
        const [x, y] = applyTransform(pixelToCoordinateTransform, screen);
        const pointMap = fromView([x!, y!]);
        if (pointMap !== null) {
          pointsPx.push(mapToScenePx(transform, pointMap));
        }
      }
    }
    const clip = (value: number, most: number): number => Math.min(most, Math.max(0, value));
    const xs = pointsPx.map(([x]) => clip(x, width));
    const ys = pointsPx.map(([, y]) => clip(y, height));
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    return pointsPx.length === 0
      ? { x: 0, y: 0, width: 0, height: 0 }
      : { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  }
}

function placesOf({ transform, toView }: PlacedScene): (pointScenePx: Point) => Point | null {
  return rememberPlaces((pointScenePx) => toView(scenePxToMap(transform, pointScenePx)));
}
