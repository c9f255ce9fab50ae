import { truncateUtf8 } from './attributes.ts';

/**
 * A column's name in at most `maxBytes` of UTF-8, with a number at its end where it is used already.
 *
 * @param used names in lower case: to most formats case makes no difference.
 */
export function uniqueName(name: string, used: ReadonlySet<string>, maxBytes = Infinity): string {
  const cut = truncateUtf8(name, maxBytes);
  if (!used.has(cut.toLowerCase())) {
    return cut;
  }
  for (let number = 1; ; number += 1) {
    const end = `_${number}`;
    const numbered = truncateUtf8(name, maxBytes - end.length) + end;
    if (!used.has(numbered.toLowerCase())) {
      return numbered;
    }
  }
}
