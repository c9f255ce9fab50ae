import View from 'ol/View.js';
import { describe, expect, it } from 'vitest';
import type { SceneDisplay } from '../../../src-main/contract/scene-display.ts';
import type { MapFrame } from '../../../src-renderer/map/map-frame.ts';
import { Navigation } from '../../../src-renderer/map/navigation.ts';
import { placeScene, type ScenePlacement } from '../../../src-renderer/map/scene-placement.ts';
import { squareScene } from '../../support/scene-displays.ts';

const utm: MapFrame = {
  proj4: '+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs',
  metresPerUnit: 1,
  isGeographic: false,
  isPixels: false,
};
const pixels: MapFrame = { proj4: null, metresPerUnit: null, isGeographic: false, isPixels: true };

function start(): { navigation: Navigation; view: () => View } {
  let view = new View();
  const navigation = new Navigation({
    getView: () => view,
    setView: (next) => {
      if (next instanceof View) {
        view = next;
      }
    },
    getSize: () => [1048, 848],
    getPixelFromCoordinate: (place) => place,
  });
  return { navigation, view: () => view };
}

function placed(display: SceneDisplay, frame: MapFrame): ScenePlacement {
  const look = { rgbBands: [0, 0, 0] as const, stretch: [], nodata: [], pixelNodata: null, alpha: null };
  const placement = placeScene({ id: 'a', url: '', display, visible: true, opacity: 1, look }, frame, true);
  if (placement === null) {
    throw new Error('the scene has no place');
  }
  return placement;
}

describe('the limits of the zoom', () => {
  const fine = squareScene(1_000, 0.02, utm.proj4);
  const wide = squareScene(1_000, 200, utm.proj4);

  it('let one see all of a wide raster that joins a fine one, and each pixel of a fine one that joins a wide one', () => {
    for (const [first, second] of [
      [fine, wide],
      [wide, fine],
    ] as const) {
      const { navigation, view } = start();
      navigation.useFrame(utm, 'first', first);
      navigation.limitZoom([placed(first, utm)]);
      const before = navigation.position;
      navigation.limitZoom([placed(first, utm), placed(second, utm)]);
      expect(navigation.position).toEqual(before);
      expect(view().getMaxResolution()).toBeGreaterThan(200_000 / 800);
      expect(view().getMinResolution()).toBeLessThan(0.02);
    }
  });

  it('make no other view where they stay as they are', () => {
    const { navigation, view } = start();
    navigation.useFrame(utm, 'first', fine);
    navigation.limitZoom([placed(fine, utm)]);
    const before = view();
    navigation.limitZoom([placed(fine, utm)]);
    expect(view()).toBe(before);
  });
});

describe('without a CRS', () => {
  it('the map stays where it is until another raster gives the coordinates', () => {
    const scene = squareScene(1_000, 1, pixels.proj4);
    const { navigation } = start();
    navigation.useFrame(pixels, 'first', scene);
    const whole = navigation.position;
    navigation.moveTo({ centreMap: [400_100, 5_799_900], resolution: 0.25 });
    const near = navigation.position;
    navigation.useFrame({ ...pixels }, 'first', scene);
    expect(navigation.position).toEqual(near);
    navigation.useFrame({ ...pixels }, 'second', scene);
    expect(navigation.position).toEqual(whole);
  });
});
