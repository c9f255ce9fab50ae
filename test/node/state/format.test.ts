import { expect, it } from 'vitest';
import { formatDuration, formatEstimate } from '../../../src-renderer/state/format.ts';
import { timeLeftMs } from '../../../src-renderer/state/time-left.ts';

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [119_600, '2 min 0 s'],
  [3_599_600, '1 h 0 min'],
  [22_325_000, '6 h 12 min'],
  [86_399_000, '1 d 0 h'],
  [300_000_000, '3 d 11 h'],
])('writes %i ms as %s', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text));

it.each([
  [200, '1 s'],
  [50_700, '51 s'],
  [59_600, '1 min 0 s'],
  [81_000, '1 min 21 s'],
])('writes about %i ms as %s', (durationMs, text) => expect(formatEstimate(durationMs)).toBe(text));

it('estimates what is left from what has gone, and not from too little', () => {
  expect(timeLeftMs(0.25, 10_000)).toBe(30_000);
  expect([timeLeftMs(null, 10_000), timeLeftMs(0, 10_000), timeLeftMs(1, 10_000), timeLeftMs(0.5, 100)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
