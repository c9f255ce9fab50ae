/** How prompts look on any ground: a dark casing below, white or the result's colour above. */
import CircleStyle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import RegularShape from 'ol/style/RegularShape.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';

const casing = 'rgb(0 0 0 / 60%)';
const positive = '#1f9d4d';
const negative = '#d6322f';
const font = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

function cased(color: string, width: number, lineDash: number[] | undefined): Style[] {
  const dash = lineDash === undefined ? {} : { lineDash };
  return [
    new Style({ stroke: new Stroke({ color: casing, width: width + 1.5 }) }),
    new Style({ stroke: new Stroke({ color, width, ...dash }) }),
  ];
}

export function boxStyle(color: string, isEditable: boolean): Style[] {
  return cased(color, isEditable ? 1.75 : 1.25, isEditable ? undefined : [5, 4]);
}

export function targetStyle(): Style[] {
  return cased('#ffffff', 1.5, [8, 5]);
}

export function draftStyle(): Style[] {
  return [new Style({ fill: new Fill({ color: 'rgb(255 255 255 / 12%)' }) }), ...cased('#ffffff', 1.5, undefined)];
}

export function handleStyle(color: string): Style {
  return new Style({
    image: new RegularShape({
      points: 4,
      radius: 6,
      angle: Math.PI / 4,
      fill: new Fill({ color: '#ffffff' }),
      stroke: new Stroke({ color, width: 1.75 }),
    }),
    zIndex: 2,
  });
}

export function pointStyle(isPositive: boolean, isEditable: boolean): Style {
  const radius = isEditable ? 7 : 5;
  return new Style({
    image: new CircleStyle({
      radius,
      fill: new Fill({ color: isPositive ? positive : negative }),
      stroke: new Stroke({ color: '#ffffff', width: 1.75 }),
    }),
    // The sign, too, tells the two apart: red and green alone do not for everybody.
    text: new Text({
      text: isPositive ? '+' : '−',
      font: `700 ${radius * 1.9}px ${font}`,
      fill: new Fill({ color: '#ffffff' }),
      offsetY: 0.5,
    }),
    zIndex: 3,
  });
}

export function labelStyle(label: string, color: string): Style {
  return new Style({
    text: new Text({
      text: label,
      font: `600 11px ${font}`,
      textAlign: 'left',
      textBaseline: 'bottom',
      offsetY: -5,
      fill: new Fill({ color: '#ffffff' }),
      backgroundFill: new Fill({ color: 'rgb(20 24 30 / 82%)' }),
      backgroundStroke: new Stroke({ color, width: 1 }),
      padding: [2, 4, 1, 5],
    }),
    zIndex: 4,
  });
}
