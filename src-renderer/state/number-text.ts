/** Numbers as people type and copy them, for fields that know the decimal point alone. */

/** Digits in groups, as this window writes them: `1,234`, `12,345.6`. */
const grouped = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/u;

/** A comma is the decimal point of half the world: `0,5` is a half. Text that is no number, or no start of one, stays as it is. */
export function asFieldText(text: string): string {
  const plain = text
    .trim()
    .replaceAll('−', '-')
    .replace(/(?<=\d)\s(?=\d{3}(?!\d))/gu, '');
  if (!/^[-+]?[\d.,]*$/u.test(plain)) {
    return text;
  }
  const comma = plain.lastIndexOf(',');
  // Where both stand, the last of them is the decimal point.
  if (grouped.test(plain) || comma < plain.lastIndexOf('.')) {
    return plain.replaceAll(',', '');
  }
  return comma === -1 ? plain : `${plain.slice(0, comma).replaceAll('.', '')}.${plain.slice(comma + 1)}`;
}
