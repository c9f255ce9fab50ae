import type OlMap from 'ol/Map.js';
import type Layer from 'ol/layer/Layer.js';
import { getRenderPixel } from 'ol/render.js';
import type RenderEvent from 'ol/render/Event.js';

/** Layers that are drawn left of an edge only, so that the raster alone is seen on the other side. */
export class CompareClip {
  readonly #map: OlMap;
  /** Share of the map's width, 0..1; null draws everywhere. */
  #edge: number | null = null;

  constructor(map: OlMap, layers: readonly Layer[]) {
    this.#map = map;
    for (const layer of layers) {
      layer.on('prerender', (event) => this.#clip(event));
      layer.on('postrender', (event) => {
        if (this.#isOnMap(event)) {
          event.context.restore();
        }
      });
    }
  }

  setEdge(edge: number | null): void {
    this.#edge = edge;
    this.#map.render();
  }

  #clip(event: RenderEvent): void {
    const [width = 0, height = 0] = this.#map.getSize() ?? [];
    if (this.#edge === null || !this.#isOnMap(event)) {
      return;
    }
    const { context } = event;
    const corner = (x: number, y: number): [number, number] => {
      const [pixelX = 0, pixelY = 0] = getRenderPixel(event, [x, y]);
      return [pixelX, pixelY];
    };
    const edgePx = width * this.#edge;
    context.save();
    context.beginPath();
    context.moveTo(...corner(0, 0));
    context.lineTo(...corner(edgePx, 0));
    context.lineTo(...corner(edgePx, height));
    context.lineTo(...corner(0, height));
    context.closePath();
    context.clip();
  }

  /** False for the picture that a layer of many outlines draws of itself, which is larger than the map and is clipped where it is put on it. */
  #isOnMap(event: RenderEvent): event is RenderEvent & { context: CanvasRenderingContext2D } {
    const [width] = this.#map.getSize() ?? [];
    return (
      this.#edge !== null && event.context instanceof CanvasRenderingContext2D && event.frameState?.size[0] === width
    );
  }
}
