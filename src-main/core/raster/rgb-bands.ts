import type { SceneInfo } from '../../contract/scene.ts';

/**
 * The bands (1-based) to show as red, green and blue: by colour interpretation, else the first three; a scene with
 * fewer than three colour bands is shown by its first. A palette scene gives its index band three times, which
 * `applyStretch` expands to the colours of the palette.
 */
export function chooseRgbBands(info: Pick<SceneInfo, 'bands'>): [number, number, number] {
  const interpretations = info.bands.map(({ colorInterpretation }) => colorInterpretation);
  const [red, green, blue] = ['red', 'green', 'blue'].map((color) => interpretations.indexOf(color) + 1);
  if (red && green && blue) {
    return [red, green, blue];
  }
  const colorBands = interpretations.flatMap((color, index) => (color === 'alpha' ? [] : [index + 1]));
  const [first = 1, second, third] = colorBands;
  if (interpretations[0] === 'palette' || second === undefined || third === undefined) {
    return [first, first, first];
  }
  return [first, second, third];
}
