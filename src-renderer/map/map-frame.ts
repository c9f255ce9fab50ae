/** The coordinates a map shows: those of the active scene's own CRS, or its pixels when it has none. */
import Projection from 'ol/proj/Projection.js';
import proj4 from 'proj4';
import type { Point } from '../../src-main/contract/geo.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';

export interface MapFrame {
  /** Null without a CRS: coordinates then mean something to their own scene only. */
  readonly proj4: string | null;
  /** Along x, near the middle of the scene that gave the frame; null without a CRS on the Earth. */
  readonly metresPerUnit: number | null;
  readonly isGeographic: boolean;
  /** Neither CRS nor transform: coordinates are columns and rows. */
  readonly isPixels: boolean;
}

/** Null where a place has no coordinates in the other frame. */
export type TransformPoint = (point: Point) => Point | null;

export const lonLatFrame = '+proj=longlat +datum=WGS84 +no_defs +type=crs';

export function frameOf({ proj4: definition, metresPerUnit, info }: SceneDisplay): MapFrame {
  return {
    proj4: definition,
    metresPerUnit,
    isGeographic: definition !== null && /\+proj=(longlat|latlong)\b/.test(definition),
    isPixels: definition === null && info.transform === null,
  };
}

/** @returns null when the two have nothing in common, because one has no CRS or the two are on different bodies. */
export function transformBetween(from: string | null, to: string | null): TransformPoint | null {
  if (from === to) {
    return (point) => point;
  }
  if (from === null || to === null) {
    return null;
  }
  let converter: proj4.Converter;
  try {
    converter = proj4(from, to);
  } catch {
    // The engine resolved the definition; what proj4 cannot combine is drawn in its own frame only.
    return null;
  }
  return ([x, y]) => {
    const [toX, toY] = converter.forward<[number, number]>([x, y]);
    return Number.isFinite(toX) && Number.isFinite(toY) ? [toX, toY] : null;
  };
}

export function projectionOf({ proj4: definition, metresPerUnit, isGeographic }: MapFrame): Projection {
  return new Projection({
    code: definition ?? 'pixels',
    units: definition === null ? 'pixels' : isGeographic ? 'degrees' : 'm',
    ...(metresPerUnit === null ? {} : { metersPerUnit: metresPerUnit }),
    global: false,
  });
}
