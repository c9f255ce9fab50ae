import type { SampleType } from '../../src-main/contract/scene.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import type { Look } from '../raster/colour-tile.ts';
import type { RasterLayer } from '../state/document.ts';

/** How the file that is drawn for a raster becomes colours. */
export function lookOf({ rgbBands, stretch }: RasterLayer, { info, validity }: SceneDisplay): Look {
  return {
    rgbBands: [rgbBands[0] - 1, rgbBands[1] - 1, rgbBands[2] - 1],
    stretch,
    nodata: validity.kind === 'nodata' ? validity.values : [],
    pixelNodata: validity.kind === 'pixel-nodata' ? validity.values : null,
    alpha:
      validity.kind === 'alpha'
        ? { band: validity.band - 1, opaque: opaqueValue(info.bands[validity.band - 1]?.type ?? 'uint8') }
        : null,
  };
}

function opaqueValue(type: SampleType): number {
  switch (type) {
    case 'uint16':
      return 65_535;
    case 'int16':
      return 32_767;
    case 'float32':
    case 'float64':
      return 1;
    case 'uint8':
    case 'int8':
    case 'uint32':
    case 'int32':
    case 'uint64':
    case 'int64':
      return 255;
  }
}
