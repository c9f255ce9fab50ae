import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import type { RasterLayer } from '../state/document.ts';

/** A scene as it first shows: its own choice of bands, stretched between their percentiles. */
export function rasterLayerOf(path: string, display: SceneDisplay, id: string): RasterLayer {
  return {
    id,
    path,
    visible: true,
    opacity: 1,
    rgbBands: [...display.rgbBands],
    stretch: display.rgbBands.map((band) => firstStretch(display, band)),
  };
}

/** The layer, with bands that its file has: one that was found elsewhere or has changed may have fewer than were shown of it. */
export function fittingLayer(layer: RasterLayer, display: SceneDisplay): RasterLayer {
  const fits = layer.rgbBands.every((band) => band <= display.percentiles.length);
  const { rgbBands, stretch } = rasterLayerOf(layer.path, display, layer.id);
  return fits ? layer : { ...layer, rgbBands, stretch };
}

export function firstStretch({ percentiles }: SceneDisplay, band: number): { low: number; high: number } {
  const range = percentiles[band - 1];
  if (range === undefined) {
    throw new RangeError(`got band ${band}, expected 1 to ${percentiles.length}`);
  }
  return { ...range };
}
