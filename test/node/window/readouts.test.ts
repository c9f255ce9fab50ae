import { describe, expect, it } from 'vitest';
import type { SceneDisplay } from '../../../src-main/contract/scene-display.ts';
import { sceneFacts } from '../../../src-renderer/layers/scene-facts.ts';
import { frameOf, type MapFrame } from '../../../src-renderer/map/map-frame.ts';
import { formatCoordinates, formatLonLat, scaleBar, scaleDenominator } from '../../../src-renderer/status/readouts.ts';
import { squareScene } from '../../support/scene-displays.ts';

const metres: MapFrame = { proj4: '+proj=utm +zone=33', metresPerUnit: 1, isGeographic: false, isPixels: false };
const degrees: MapFrame = { proj4: '+proj=longlat', metresPerUnit: 71_500, isGeographic: true, isPixels: false };
const europa: MapFrame = { proj4: '+proj=eqc +a=1560800', metresPerUnit: null, isGeographic: false, isPixels: false };
const pixels: MapFrame = { proj4: null, metresPerUnit: null, isGeographic: false, isPixels: true };
const worldFile: MapFrame = { ...pixels, isPixels: false };

describe('the scale bar', () => {
  it.each([
    ['metres', metres, 0.5, 100, '50 m'],
    ['kilometres', metres, 30, 100 / 1.5, '2 km'],
    ['less than a metre', metres, 0.004, 125, '50 cm'],
    ['degrees, by their length here', degrees, 1 / 71_500, 100, '100 m'],
    ['units of the CRS of another body', europa, 200, 100, '20000 units'],
    ['units of a world file without a CRS', worldFile, 0.25, 80, '20 units'],
    ['pixels where there is no ground', pixels, 0.25, 80, '20 px'],
  ])('is the longest round length that fits: %s', (_, frame, resolution, widthPx, label) => {
    const bar = scaleBar({ resolution, frame }, 140);
    expect(bar.label).toBe(label);
    expect(bar.widthPx).toBeCloseTo(widthPx, 6);
  });
});

describe('readouts', () => {
  it('give the scale on a screen of 0.28 mm pixels, and none without a ground', () => {
    expect(scaleDenominator({ resolution: 0.28, frame: metres })).toBe('1,000');
    expect(scaleDenominator({ resolution: 1, frame: pixels })).toBeNull();
  });

  it('write coordinates as exactly as their unit deserves', () => {
    expect(formatCoordinates([2679374.248, 1247945.06], metres)).toBe('2679374.25, 1247945.06');
    expect(formatCoordinates([8.4896754, 47.37756], degrees)).toBe('8.489675, 47.377560');
    expect(formatCoordinates([8.4896754, 47.37756], worldFile)).toBe('8.489675, 47.377560');
    expect(formatCoordinates([12.34, -5], pixels)).toBe('12.3, -5.0');
    expect(formatLonLat([-70.5, -33.25])).toBe('33.250000° S, 70.500000° W');
  });
});

describe('the facts of a scene', () => {
  it('say whose the coordinates are where there is no CRS', () => {
    const display = squareScene(10, 0.25, null);
    const crsOf = (shown: SceneDisplay): string | undefined =>
      sceneFacts(shown).find(({ term }) => term === 'CRS')?.value;
    const withoutGeoreference = { ...display, info: { ...display.info, transform: null } };
    expect([crsOf(display), crsOf(withoutGeoreference)]).toEqual([
      "none: coordinates of the file's own",
      'none: pixels as coordinates',
    ]);
    expect([frameOf(display).isPixels, frameOf(withoutGeoreference).isPixels]).toEqual([false, true]);
  });
});
