import { describe, expect, it } from 'vitest';
import { colourTile, type Look, type TileSamples } from '../../../src-renderer/raster/colour-tile.ts';

const grey: Look = {
  rgbBands: [0, 0, 0],
  stretch: [
    { low: 1000, high: 2000 },
    { low: 1000, high: 2000 },
    { low: 1000, high: 2000 },
  ],
  nodata: [],
  pixelNodata: null,
  alpha: null,
};

function tile(bands: ArrayLike<number>[], mask: ArrayLike<number> | null = null): TileSamples {
  return { width: bands[0]!.length, height: 1, bands: new Map(bands.entries()), mask };
}

/** RGBA of the tile's own pixels, without its border. */
function pixels(samples: TileSamples, look: Look): number[][] {
  const rgba = colourTile(samples, look);
  const rowStart = (samples.width + 2) * 4;
  return Array.from({ length: samples.width }, (_, x) => [
    ...rgba.slice(rowStart + (x + 1) * 4, rowStart + (x + 2) * 4),
  ]);
}

describe('colours of samples', () => {
  it('go from black to white between the two values of the stretch, and hold beyond', () => {
    const shown = pixels(tile([Uint16Array.of(0, 1000, 1500, 2000, 65535)]), grey);
    expect(shown.map(([red]) => red)).toEqual([0, 0, 128, 255, 255]);
    expect(shown.every(([, , , alpha]) => alpha === 255)).toBe(true);
  });

  it('show each band in its place, with its own stretch', () => {
    const stretch = [
      { low: 0, high: 1 },
      { low: 0, high: 10 },
      { low: 0, high: 100 },
    ];
    const bands = [Float32Array.of(1), Float32Array.of(10), Float32Array.of(0)];
    expect(pixels(tile(bands), { ...grey, rgbBands: [2, 1, 0], stretch })).toEqual([[0, 255, 3, 255]]);
  });

  it('are transparent where nothing was measured: NaN, nodata as a float stores it, mask', () => {
    const nodata = -3.4028226550889045e38;
    const samples = Float32Array.of(Number.NaN, nodata, 1500, 1500);
    const shown = pixels(tile([samples], Uint8Array.of(1, 1, 1, 0)), { ...grey, nodata: [nodata] });
    expect(shown.map(([, , , alpha]) => alpha)).toEqual([0, 0, 255, 0]);
  });

  it('are there when one of the bands was measured, as rasterio counts', () => {
    const bands = [Uint8Array.of(0, 0), Uint8Array.of(0, 7), Uint8Array.of(0, 0)];
    const look: Look = { ...grey, rgbBands: [0, 1, 2], nodata: [0, 0, 0] };
    expect(pixels(tile(bands), look).map(([, , , alpha]) => alpha)).toEqual([0, 255]);
  });

  it('of a pixel that counts are those of all its bands, as the models see it', () => {
    const bands = [Uint8Array.of(255, 255), Uint8Array.of(240, 255), Uint8Array.of(255, 255)];
    const colours = [0, 1, 2].map(() => ({ low: 0, high: 255 }));
    const look: Look = { ...grey, rgbBands: [0, 1, 2], stretch: colours, nodata: [255, 255, 255] };
    expect(pixels(tile(bands), look)).toEqual([
      [255, 240, 255, 255],
      [0, 0, 0, 0],
    ]);
  });

  it('are as opaque as a 16-bit alpha band says', () => {
    const bands = [Uint16Array.of(1500, 1500), Uint16Array.of(0, 65535)];
    const shown = pixels(tile(bands), { ...grey, alpha: { band: 1, opaque: 65535 } });
    expect(shown.map(([, , , alpha]) => alpha)).toEqual([0, 255]);
  });

  it('of a flat band are black below its value and white above', () => {
    const flat = { low: 5, high: 5 };
    const shown = pixels(tile([Uint8Array.of(4, 5, 6)]), { ...grey, stretch: [flat, flat, flat] });
    expect(shown.map(([red]) => red)).toEqual([0, 0, 255]);
  });

  it('go on one pixel beyond the edge, so that neighbours overlap', () => {
    const rgba = colourTile(tile([Uint16Array.of(1000, 2000)]), grey);
    expect(rgba.length).toBe(4 * 3 * 4);
    expect([rgba[0], rgba[3 * 4]]).toEqual([0, 255]);
  });
});
