import type OlMap from 'ol/Map.js';
import { TileStore } from '../raster/tile-store.ts';
import type { MapRaster } from './map-contents.ts';
import type { MapFrame } from './map-frame.ts';
import { RasterMapLayer } from './raster-map-layer.ts';
import { placeScene, type ScenePlacement } from './scene-placement.ts';

interface StackedRaster {
  readonly layer: RasterMapLayer;
  raster: MapRaster;
  /** What is drawn on it is drawn anew when it is another one. */
  placement: ScenePlacement | null;
  frame: MapFrame | null;
  isActive: boolean;
}

/** The rasters of a map, bottom first, each with its worker. */
export class RasterStack {
  readonly #map: OlMap;
  readonly #onFailure: (rasterId: string, message: string) => void;
  readonly #stacked = new Map<string, StackedRaster>();

  constructor(map: OlMap, onFailure: (rasterId: string, message: string) => void) {
    this.#map = map;
    this.#onFailure = onFailure;
  }

  set(rasters: readonly MapRaster[], frame: MapFrame, activeId: string | null): void {
    const urlOf = new Map(rasters.map(({ id, url }) => [id, url]));
    for (const [id, { layer, raster }] of this.#stacked) {
      // A layer reads one file: another version of it, or another one in its place, has another address.
      if (urlOf.get(id) !== raster.url) {
        this.#map.removeLayer(layer);
        layer.dispose();
        this.#stacked.delete(id);
      }
    }
    rasters.forEach((raster, index) => {
      const isActive = raster.id === activeId;
      const known = this.#stacked.get(raster.id);
      const isThere = known?.raster.display === raster.display && known.frame === frame && known.isActive === isActive;
      const placement = isThere ? known.placement : placeScene(raster, frame, isActive);
      const stacked = known ?? this.#add(raster, placement);
      if (stacked === null) {
        return;
      }
      if (JSON.stringify(stacked.raster.look) !== JSON.stringify(raster.look)) {
        stacked.layer.tiles.setLook(raster.look);
      }
      Object.assign(stacked, { raster, placement, frame, isActive });
      if (placement !== null) {
        stacked.layer.place(placement);
      }
      stacked.layer.setVisible(raster.visible && placement !== null);
      stacked.layer.setOpacity(raster.opacity);
      stacked.layer.setZIndex(index);
    });
  }

  has(rasterId: string): boolean {
    return this.#stacked.has(rasterId);
  }

  placementOf(rasterId: string): ScenePlacement | null {
    return this.#stacked.get(rasterId)?.placement ?? null;
  }

  /** Of those that have a place in the frame. */
  get placements(): ScenePlacement[] {
    return [...this.#stacked.values()].flatMap(({ placement }) => placement ?? []);
  }

  /** Whether all that should be seen is. */
  get isComplete(): boolean {
    return [...this.#stacked.values()].every(({ layer }) => !layer.getVisible() || layer.tiles.isComplete);
  }

  dispose(): void {
    for (const { layer } of this.#stacked.values()) {
      layer.dispose();
    }
    this.#stacked.clear();
  }

  /** A raster without a place in the frame gets its layer when it has one. */
  #add(raster: MapRaster, placement: ScenePlacement | null): StackedRaster | null {
    if (placement === null) {
      return null;
    }
    const worker = new Worker(new URL('../raster/tile-worker.ts', import.meta.url), { type: 'module' });
    const tiles = new TileStore(worker, raster.url, raster.look, {
      changed: () => layer.changed(),
      failed: (message) => this.#onFailure(raster.id, message),
    });
    const layer = new RasterMapLayer(tiles, placement);
    const stacked: StackedRaster = { layer, raster, placement, frame: null, isActive: false };
    this.#stacked.set(raster.id, stacked);
    this.#map.addLayer(layer);
    return stacked;
  }
}
