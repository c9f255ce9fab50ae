import { expect, it } from 'vitest';
import { asFieldText } from '../../../src-renderer/state/number-text.ts';

it.each([
  [',', '.'],
  ['−', '-'],
  ['0,5', '0.5'],
  ['-1,25', '-1.25'],
  ['−20', '-20'],
  ['1.234,5', '1234.5'],
  ['1.234.567,5', '1234567.5'],
  ['1 234,5', '1234.5'],
  ['1\u202f234\u00a0567,5', '1234567.5'],
  // As the window writes them itself.
  ['1,234', '1234'],
  ['12,345.6', '12345.6'],
  // No group of thousands begins with a nought.
  ['0,500', '0.500'],
  [' 12 ', '12'],
])('takes %s for %s', (text, expected) => expect(asFieldText(text)).toBe(expected));

it.each(['5', '0.5', '-3', '1e5', '', 'abc', '12 m', '392110, 5819890'])('leaves %s as it is', (text) =>
  expect(asFieldText(text)).toBe(text),
);
