/** Turns what the user pointed at into a window of the scene. Pure. */
import { Think2SegError } from '../../contract/errors.ts';
import type { Geotransform, WindowPx } from '../../contract/geo.ts';
import type { SegmentInput } from '../../contract/routes.ts';

export interface SceneFrame {
  readonly width: number;
  readonly height: number;
  /** Scene pixel to map; null without georeference. */
  readonly transform: Geotransform | null;
}

export interface TargetWindow {
  readonly windowPx: WindowPx;
  /** Set when the target reached over the edge of the scene and was cut. */
  readonly warning?: string;
}

function describe(windowPx: WindowPx): string {
  return `${windowPx.x},${windowPx.y},${windowPx.width},${windowPx.height}`;
}

function clip(windowPx: WindowPx, scene: SceneFrame): TargetWindow {
  if (windowPx.width <= 0 || windowPx.height <= 0) {
    throw new Think2SegError(
      'WINDOW_EMPTY',
      `window ${describe(windowPx)} has no pixels, expected width and height above 0`,
    );
  }
  const x0 = Math.max(0, windowPx.x);
  const y0 = Math.max(0, windowPx.y);
  const x1 = Math.min(scene.width, windowPx.x + windowPx.width);
  const y1 = Math.min(scene.height, windowPx.y + windowPx.height);
  if (x1 <= x0 || y1 <= y0) {
    throw new Think2SegError(
      'WINDOW_OUTSIDE',
      `window ${describe(windowPx)} does not touch the scene, expected one within 0,0,${scene.width},${scene.height}`,
    );
  }
  const clipped = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  return describe(clipped) === describe(windowPx)
    ? { windowPx: clipped }
    : {
        windowPx: clipped,
        warning: `the window reached over the edge of the scene and was cut to ${describe(clipped)}`,
      };
}

/** Bounds in map coordinates to the smallest window of whole pixels that holds them, also for rotated transforms. */
function windowOfBounds(boundsMap: readonly [number, number, number, number], transform: Geotransform): WindowPx {
  const [minX, minY, maxX, maxY] = boundsMap;
  const [a, b, c, d, e, f] = transform;
  const determinant = a * e - b * d;
  const corners = [
    [minX, minY],
    [minX, maxY],
    [maxX, minY],
    [maxX, maxY],
  ].map(([xMap = 0, yMap = 0]) => {
    const dx = xMap - c;
    const dy = yMap - f;
    return { x: (e * dx - b * dy) / determinant, y: (a * dy - d * dx) / determinant };
  });
  // A bound that lies on a pixel edge must not pull in the next pixel because of the last bits of a double.
  const tolerancePx = 1e-6;
  const x0 = Math.floor(Math.min(...corners.map((corner) => corner.x)) + tolerancePx);
  const y0 = Math.floor(Math.min(...corners.map((corner) => corner.y)) + tolerancePx);
  const x1 = Math.ceil(Math.max(...corners.map((corner) => corner.x)) - tolerancePx);
  const y1 = Math.ceil(Math.max(...corners.map((corner) => corner.y)) - tolerancePx);
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/**
 * @throws WINDOW_EMPTY for a target without pixels, WINDOW_OUTSIDE for one that misses the scene, GEOREFERENCE_MISSING for map
 * bounds on a scene that has none.
 */
export function resolveTarget(target: SegmentInput['target'], scene: SceneFrame): TargetWindow {
  switch (target.kind) {
    case 'scene':
      return { windowPx: { x: 0, y: 0, width: scene.width, height: scene.height } };
    case 'window':
      return clip(target.windowPx, scene);
    case 'bbox': {
      const [minX, minY, maxX, maxY] = target.boundsMap;
      if (scene.transform === null) {
        throw new Think2SegError(
          'GEOREFERENCE_MISSING',
          '--bbox was given but the scene has no georeference, expected a georeferenced one; use --window in pixels',
        );
      }
      if (!(minX < maxX && minY < maxY)) {
        throw new Think2SegError(
          'WINDOW_EMPTY',
          `bounds ${target.boundsMap.join(',')} hold nothing, expected minx < maxx and miny < maxy`,
        );
      }
      return clip(windowOfBounds(target.boundsMap, scene.transform), scene);
    }
  }
}

/** The transform of a window: pixel of the window to map. */
export function windowTransform([a, b, c, d, e, f]: Geotransform, { x, y }: WindowPx): Geotransform {
  return [a, b, c + a * x + b * y, d, e, f + d * x + e * y];
}
