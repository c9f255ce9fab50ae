/** A long list of objects: which rows are drawn, and what keys and clicks do, as the grid pattern of WAI-ARIA has them. */
import type { KeyPress } from './shortcuts.ts';

export interface ListPlace {
  /** From 0. */
  readonly row: number;
  readonly column: number;
}

export interface ListSize {
  readonly rows: number;
  readonly columns: number;
  /** How far Page Up and Page Down go. */
  readonly rowsInSight: number;
}

/** The cell that a key leads to; null for keys that move nothing. */
export function moveInList(
  { key, altKey }: Pick<KeyPress, 'key' | 'altKey'>,
  { row, column }: ListPlace,
  { rows, columns, rowsInSight }: ListSize,
): ListPlace | null {
  const toRow = (wanted: number): ListPlace => ({ row: Math.min(rows - 1, Math.max(0, wanted)), column });
  const toColumn = (wanted: number): ListPlace => ({ row, column: Math.min(columns - 1, Math.max(0, wanted)) });
  if (altKey) {
    return null;
  }
  switch (key) {
    case 'ArrowDown':
      return toRow(row + 1);
    case 'ArrowUp':
      return toRow(row - 1);
    case 'PageDown':
      return toRow(row + rowsInSight);
    case 'PageUp':
      return toRow(row - rowsInSight);
    case 'Home':
      return toRow(0);
    case 'End':
      return toRow(rows - 1);
    case 'ArrowRight':
      return toColumn(column + 1);
    case 'ArrowLeft':
      return toColumn(column - 1);
    default:
      return null;
  }
}

/** What is selected after a row was chosen. Objects of other lists stay selected only where this one is added. */
export function pick(
  selected: readonly string[],
  ids: readonly string[],
  { row, anchor, how }: { row: number; anchor: number; how: 'one' | 'toggle' | 'range' },
): readonly string[] {
  const id = ids[row];
  if (id === undefined) {
    return selected;
  }
  switch (how) {
    case 'one':
      return [id];
    case 'toggle':
      return selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id];
    case 'range': {
      const range = ids.slice(Math.min(anchor, row), Math.max(anchor, row) + 1);
      // The last one is what is corrected.
      return anchor <= row ? range : range.reverse();
    }
  }
}

/** Rows above and below those in sight, so that a turn of the wheel shows no gap. */
const spareRows = 8;

export interface ListView {
  readonly rows: number;
  readonly rowHeightPx: number;
  readonly scrolledPx: number;
  readonly heightPx: number;
}

/** Indices of the rows to draw, ascending: those in sight, a few around them, and the one that has the focus. */
export function rowsToDraw({ rows, rowHeightPx, scrolledPx, heightPx }: ListView, focused: number): number[] {
  const from = Math.max(0, Math.floor(scrolledPx / rowHeightPx) - spareRows);
  const to = Math.min(rows, Math.ceil((scrolledPx + heightPx) / rowHeightPx) + spareRows);
  const drawn = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  if (focused < 0 || focused >= rows || (focused >= from && focused < to)) {
    return drawn;
  }
  return focused < from ? [focused, ...drawn] : [...drawn, focused];
}
