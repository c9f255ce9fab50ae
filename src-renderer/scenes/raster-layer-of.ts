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

export function firstStretch({ percentiles }: SceneDisplay, band: number): { low: number; high: number } {
  const range = percentiles[band - 1];
  if (range === undefined) {
    throw new RangeError(`got band ${band}, expected 1 to ${percentiles.length}`);
  }
  return { ...range };
}
