/** How outlines look on any ground: a dark line below, the result's colour above. */
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import type { MapShape } from './map-contents.ts';

/** Opacity of the fill within that of the result, as the exported QGIS style has it: what lies below must stay visible. */
const fill = 0.3;
const strongFill = 0.45;

/** `plain` is drawn below the other two, which are drawn over it. `small` is plain for what is a few pixels wide. */
export type Emphasis = 'small' | 'plain' | 'hovered' | 'selected';

/** Styles are shared by all shapes that look the same: thousands of their own would take longer to make than to draw. */
export class ShapeStyles {
  readonly #made = new Map<string, Style[]>();

  /** @param isAlone nothing plain is drawn below an emphasised one */
  of({ color, opacity, isRejected }: MapShape, emphasis: Emphasis, isAlone: boolean): Style[] {
    const key = `${color} ${opacity} ${isRejected} ${emphasis} ${isAlone}`;
    const known = this.#made.get(key);
    if (known !== undefined) {
      return known;
    }
    const made = emphasis === 'small' ? smallStyle(color, opacity, isRejected) : casedStyle(color, opacity, isRejected, emphasis, isAlone); // prettier-ignore
    this.#made.set(key, made);
    return made;
  }
}

function smallStyle(color: string, opacity: number, isRejected: boolean): Style[] {
  return [
    new Style({
      fill: new Fill({ color: withOpacity(color, isRejected ? 0 : opacity * fill) }),
      stroke: new Stroke({ color: withOpacity(color, opacity * (isRejected ? 0.5 : 1)), width: 1 }),
    }),
  ];
}

function casedStyle(
  color: string,
  opacity: number,
  isRejected: boolean,
  emphasis: Exclude<Emphasis, 'small'>,
  isAlone: boolean,
): Style[] {
  const isSelected = emphasis === 'selected';
  const isStrong = emphasis !== 'plain';
  const lineDash = isRejected ? { lineDash: [4, 4] } : {};
  const below = opacity * fill;
  const wanted = opacity * (isStrong ? strongFill : fill);
  // Over the plain fill only what is missing, so that both together are as strong as wanted.
  const added = isStrong && !isAlone ? (wanted - below) / (1 - below) : wanted;
  return [
    new Style({
      stroke: new Stroke({
        color: withOpacity('#000000', 0.55 * opacity),
        width: isSelected ? 5 : isStrong ? 4 : 3.5,
        ...lineDash,
      }),
      zIndex: 0,
    }),
    new Style({
      fill: new Fill({ color: withOpacity(color, isRejected ? 0 : added) }),
      stroke: new Stroke({
        color: withOpacity(isSelected ? '#ffffff' : color, opacity),
        width: isStrong ? 2.5 : 1.75,
        ...lineDash,
      }),
      zIndex: 1,
    }),
  ];
}

/** @param color `#rrggbb` */
export function withOpacity(color: string, opacity: number): string {
  const byte = Math.round(opacity * 255);
  return `${color}${byte.toString(16).padStart(2, '0')}`;
}
