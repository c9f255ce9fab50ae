import { describe, expect, it } from 'vitest';
import type { Geotransform } from '../../../src-main/contract/geo.ts';
import { resolveTarget } from '../../../src-main/core/query/target-window.ts';

const northUp: Geotransform = [0.5, 0, 1000, 0, -0.5, 2000];
const scene = { width: 400, height: 300, transform: northUp };

function window(x: number, y: number, width: number, height: number) {
  return resolveTarget({ kind: 'window', windowPx: { x, y, width, height } }, scene);
}

describe('resolveTarget', () => {
  it('takes the whole scene', () => {
    expect(resolveTarget({ kind: 'scene' }, scene)).toEqual({ windowPx: { x: 0, y: 0, width: 400, height: 300 } });
  });

  it('cuts a window that reaches over the edge and says so', () => {
    const { windowPx, warning } = window(-10, 290, 50, 50);
    expect(windowPx).toEqual({ x: 0, y: 290, width: 40, height: 10 });
    expect(warning).toContain('0,290,40,10');
  });

  it.each([
    ['no pixels', [5, 5, 0, 10], 'WINDOW_EMPTY'],
    ['negative size', [5, 5, 10, -1], 'WINDOW_EMPTY'],
    ['right of the scene', [400, 0, 10, 10], 'WINDOW_OUTSIDE'],
    ['left of the scene', [-10, 0, 10, 10], 'WINDOW_OUTSIDE'],
  ] as const)('refuses a window with %s', (_, [x, y, width, height], code) => {
    expect(() => window(x, y, width, height)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('turns bounds on pixel edges into exactly those pixels', () => {
    const { windowPx } = resolveTarget({ kind: 'bbox', boundsMap: [1005, 1950, 1055, 1990] }, scene);
    expect(windowPx).toEqual({ x: 10, y: 20, width: 100, height: 80 });
  });

  it('covers bounds between pixel edges', () => {
    const { windowPx } = resolveTarget({ kind: 'bbox', boundsMap: [1005.2, 1950.1, 1055.2, 1989.9] }, scene);
    expect(windowPx).toEqual({ x: 10, y: 20, width: 101, height: 80 });
  });

  it('covers bounds on a transform rotated by 90 degrees', () => {
    const rotated: Geotransform = [0, 1, 0, 1, 0, 0];
    const { windowPx } = resolveTarget(
      { kind: 'bbox', boundsMap: [10, 30, 20, 50] },
      { width: 100, height: 100, transform: rotated },
    );
    expect(windowPx).toEqual({ x: 30, y: 10, width: 20, height: 10 });
  });

  it('refuses bounds without georeference, and bounds that are upside down', () => {
    expect(() => resolveTarget({ kind: 'bbox', boundsMap: [0, 0, 1, 1] }, { ...scene, transform: null })).toThrow(
      expect.objectContaining({ code: 'GEOREFERENCE_MISSING' }) as Error,
    );
    expect(() => resolveTarget({ kind: 'bbox', boundsMap: [10, 5, 0, 9] }, scene)).toThrow(
      expect.objectContaining({ code: 'WINDOW_EMPTY' }) as Error,
    );
  });
});
