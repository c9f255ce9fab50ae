import { describe, expect, it } from 'vitest';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { mapToScenePx, scenePxToMap, windowOfBounds } from '../../../src-renderer/state/scene-geometry.ts';

/** Half a metre, turned by 30 degrees. */
const [cos, sin] = [Math.cos(Math.PI / 6) / 2, Math.sin(Math.PI / 6) / 2];
const turned: Geotransform = [cos, sin, 500_000, sin, -cos, 5_000_000];
const northUp: Geotransform = [0.5, 0, 500_000, 0, -0.5, 5_000_000];

describe('scene geometry', () => {
  it.each([turned, northUp])('goes to the map and back', (...transform) => {
    const [x, y] = mapToScenePx(transform, scenePxToMap(transform, [12.25, 700.5]));
    expect(x).toBeCloseTo(12.25, 6);
    expect(y).toBeCloseTo(700.5, 6);
  });

  it('takes whole pixels around a view and stays on the scene', () => {
    const size = { width: 100, height: 80 };
    expect(windowOfBounds(northUp, size, [500_000.6, 4_999_990.2, 500_010.1, 4_999_999.9])).toEqual({
      x: 1,
      y: 0,
      width: 20,
      height: 20,
    });
    expect(windowOfBounds(northUp, size, [499_000, 4_999_000, 501_000, 5_001_000])).toEqual({
      x: 0,
      y: 0,
      width: 100,
      height: 80,
    });
    expect(windowOfBounds(northUp, size, [0, 0, 10, 10])).toBeNull();
  });

  it('holds all of a view on a turned scene', () => {
    const centre = scenePxToMap(turned, [50, 40]);
    const windowPx = windowOfBounds(turned, { width: 100, height: 80 }, [
      centre[0] - 1,
      centre[1] - 1,
      centre[0] + 1,
      centre[1] + 1,
    ])!;
    // A square of 4 x 4 pixels, turned by 30 degrees: 4 * (cos 30 + sin 30) = 5.46 pixels wide.
    expect(windowPx).toEqual({ x: 47, y: 37, width: 6, height: 6 });
  });
});
