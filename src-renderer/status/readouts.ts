/** Numbers of the status bar and the scale bar. */
import type { Point } from '../../src-main/contract/geo.ts';
import type { MapPlace } from '../map/map-contents.ts';
import type { MapFrame } from '../map/map-frame.ts';
import { formatNumber } from '../state/format.ts';

/** Size of a pixel of the screen that map scales are agreed on (OGC), in metres. */
const standardPixelM = 0.00028;

/** Degrees to about a centimetre, metres to a centimetre, pixels to a tenth; without a CRS a unit may be either. */
export function formatCoordinates([x, y]: Point, { proj4, isGeographic, isPixels }: MapFrame): string {
  const decimals = isPixels ? 1 : isGeographic || proj4 === null ? 6 : 2;
  return `${x.toFixed(decimals)}, ${y.toFixed(decimals)}`;
}

export function formatLonLat([longitude, latitude]: Point): string {
  const side = (value: number, positive: string, negative: string): string =>
    `${Math.abs(value).toFixed(6)}° ${value < 0 ? negative : positive}`;
  return `${side(latitude, 'N', 'S')}, ${side(longitude, 'E', 'W')}`;
}

/** Null without a scale on the ground. */
export function scaleDenominator({ resolution, frame }: Pick<MapPlace, 'resolution' | 'frame'>): string | null {
  return frame.metresPerUnit === null
    ? null
    : formatNumber(Number(((resolution * frame.metresPerUnit) / standardPixelM).toPrecision(3)), 0);
}

export interface ScaleBar {
  readonly widthPx: number;
  readonly label: string;
}

/** The longest of 1, 2, 5, 10 ... that is not wider than `maxWidthPx`. Pixels or map units where the ground has no scale. */
export function scaleBar({ resolution, frame }: Pick<MapPlace, 'resolution' | 'frame'>, maxWidthPx: number): ScaleBar {
  const perPx = resolution * (frame.metresPerUnit ?? 1);
  const longest = perPx * maxWidthPx;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = ([5, 2].find((step) => step * power <= longest) ?? 1) * power;
  return { widthPx: length / perPx, label: lengthLabel(length, frame) };
}

function lengthLabel(length: number, { metresPerUnit, isGeographic, isPixels }: MapFrame): string {
  if (metresPerUnit === null) {
    // On another body, or without a CRS, a unit has no length that is known here.
    const unit = isPixels ? ' px' : isGeographic ? '°' : ' units';
    return `${Number(length.toPrecision(1))}${unit}`;
  }
  const [size, unit] = length >= 1_000 ? [1_000, 'km'] : length >= 1 ? [1, 'm'] : [0.01, 'cm'];
  return `${Number((length / size).toPrecision(1))} ${unit}`;
}
