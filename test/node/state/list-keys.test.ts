import { describe, expect, it } from 'vitest';
import { moveInList, pick, rowsToDraw } from '../../../src-renderer/state/list-keys.ts';

const size = { rows: 100, columns: 3, rowsInSight: 10 };
const press = (key: string, altKey = false) => ({ key, altKey });

describe('keys in a list', () => {
  it.each([
    ['ArrowDown', { row: 50, column: 1 }, { row: 51, column: 1 }],
    ['ArrowDown', { row: 99, column: 0 }, { row: 99, column: 0 }],
    ['ArrowUp', { row: 0, column: 0 }, { row: 0, column: 0 }],
    ['PageDown', { row: 95, column: 2 }, { row: 99, column: 2 }],
    ['PageUp', { row: 50, column: 2 }, { row: 40, column: 2 }],
    ['Home', { row: 50, column: 2 }, { row: 0, column: 2 }],
    ['End', { row: 50, column: 2 }, { row: 99, column: 2 }],
    ['ArrowRight', { row: 1, column: 2 }, { row: 1, column: 2 }],
    ['ArrowLeft', { row: 1, column: 2 }, { row: 1, column: 1 }],
  ])('%s from %o leads to %o', (key, from, to) => {
    expect(moveInList(press(key), from, size)).toEqual(to);
  });

  it('leaves other keys, and those with Alt, to others', () => {
    expect(moveInList(press('s'), { row: 0, column: 0 }, size)).toBeNull();
    expect(moveInList(press('ArrowLeft', true), { row: 0, column: 1 }, size)).toBeNull();
  });
});

describe('choosing rows', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];

  it('takes one, more, and away', () => {
    expect(pick(['x', 'b'], ids, { row: 2, anchor: 0, how: 'one' })).toEqual(['c']);
    expect(pick(['x', 'b'], ids, { row: 2, anchor: 0, how: 'toggle' })).toEqual(['x', 'b', 'c']);
    expect(pick(['x', 'b'], ids, { row: 1, anchor: 0, how: 'toggle' })).toEqual(['x']);
  });

  it('takes a range with the row that was chosen last at its end', () => {
    expect(pick([], ids, { row: 3, anchor: 1, how: 'range' })).toEqual(['b', 'c', 'd']);
    expect(pick([], ids, { row: 1, anchor: 3, how: 'range' })).toEqual(['d', 'c', 'b']);
  });

  it('keeps what is selected when the row is gone', () => {
    expect(pick(['b'], ids, { row: 9, anchor: 0, how: 'one' })).toEqual(['b']);
  });
});

describe('rows that are drawn', () => {
  const view = { rows: 20_000, rowHeightPx: 26, scrolledPx: 26_000, heightPx: 260 };

  it('are those in sight and some around', () => {
    const drawn = rowsToDraw(view, 1_004);
    expect([drawn[0], drawn.at(-1), drawn.length]).toEqual([992, 1_017, 26]);
  });

  it('hold the one with the focus, wherever it is', () => {
    expect(rowsToDraw(view, 3).slice(0, 2)).toEqual([3, 992]);
    expect(rowsToDraw(view, 19_999).slice(-2)).toEqual([1_017, 19_999]);
  });

  it('end with the list', () => {
    expect(rowsToDraw({ ...view, rows: 2, scrolledPx: 0 }, 0)).toEqual([0, 1]);
    expect(rowsToDraw({ ...view, rows: 0, scrolledPx: 0 }, -1)).toEqual([]);
    expect(rowsToDraw({ ...view, rows: 5 }, 0)).toEqual([0]);
  });
});
