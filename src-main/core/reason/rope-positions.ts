/** Positions of a prompt on the three axes of M-RoPE. */
export interface RopePositions {
  /** `[time, row, column]`, one value a token each. */
  readonly axes: readonly [Int32Array, Int32Array, Int32Array];
  /** Position of the first generated token, the same on all axes. */
  readonly next: number;
}

/**
 * Text advances all three axes together. The image starts where the text stands: its time does not move, its rows and
 * columns count merged cells. Text goes on after the longer side. (As `get_rope_index` of Qwen2.5-VL for one still image.)
 */
export function ropePositions(
  ids: readonly number[],
  imageTokenId: number,
  cells: { readonly rows: number; readonly columns: number },
): RopePositions {
  const time = new Int32Array(ids.length);
  const row = new Int32Array(ids.length);
  const column = new Int32Array(ids.length);
  let position = 0;
  let i = 0;
  while (i < ids.length) {
    if (ids[i] !== imageTokenId) {
      time[i] = row[i] = column[i] = position++;
      i++;
      continue;
    }
    for (let cell = 0; cell < cells.rows * cells.columns; cell++) {
      time[i] = position;
      row[i] = position + Math.floor(cell / cells.columns);
      column[i] = position + (cell % cells.columns);
      i++;
    }
    position += Math.max(cells.rows, cells.columns);
  }
  return { axes: [time, row, column], next: position };
}
