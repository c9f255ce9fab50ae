import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { strings } from '../strings.ts';

/** Number of each band of the drawn file, with what the file calls it. */
export function bandNames({ info, isPalette, percentiles }: SceneDisplay): string[] {
  if (isPalette) {
    return [strings.bands.red, strings.bands.green, strings.bands.blue];
  }
  return percentiles.map((_, index) => {
    const { description, colorInterpretation } = info.bands[index] ?? {};
    const usual = colorInterpretation === 'undefined' ? undefined : colorInterpretation;
    const name = description ?? usual;
    return name === undefined || name === '' ? String(index + 1) : `${index + 1} ${name}`;
  });
}
