import { fromJsonNumber } from '../../src-main/contract/json-number.ts';
import type { BandInfo } from '../../src-main/contract/scene.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import type { Look } from '../raster/colour-tile.ts';
import type { RasterLayer } from '../state/document.ts';

/** How the file that is drawn for a raster becomes colours. */
export function lookOf({ rgbBands, stretch }: RasterLayer, { info, isPalette }: SceneDisplay): Look {
  // The file that is drawn for a palette has colours and a mask; what the scene's own band says is about indices.
  const bands = isPalette ? [] : info.bands;
  const alpha = bands.findIndex(({ colorInterpretation }) => colorInterpretation === 'alpha');
  return {
    rgbBands: [rgbBands[0] - 1, rgbBands[1] - 1, rgbBands[2] - 1],
    stretch,
    nodata: bands.map(({ nodata }) => (nodata === null || nodata === 'nan' ? null : fromJsonNumber(nodata))),
    alpha: alpha === -1 ? null : { band: alpha, opaque: opaqueValue(bands[alpha]!) },
  };
}

function opaqueValue({ type }: BandInfo): number {
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
