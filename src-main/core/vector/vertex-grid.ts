/** Vertices sorted into square cells, to find those inside a triangle without looking at all. */
export class VertexGrid {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #minX: number;
  readonly #minY: number;
  readonly #cell: number;
  readonly #columns: number;
  readonly #rows: number;
  /** Members of cell `k` are `#member[#start[k]..#start[k + 1]]`. */
  readonly #start: Int32Array;
  readonly #member: Int32Array;

  constructor(x: Float64Array, y: Float64Array) {
    this.#x = x;
    this.#y = y;
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let v = 0; v < x.length; v++) {
      minX = Math.min(minX, x[v]!);
      maxX = Math.max(maxX, x[v]!);
      minY = Math.min(minY, y[v]!);
      maxY = Math.max(maxY, y[v]!);
    }
    this.#minX = minX;
    this.#minY = minY;
    // About two vertices a cell.
    this.#cell = Math.max(Math.sqrt((2 * (maxX - minX) * (maxY - minY)) / Math.max(1, x.length)), 1e-3);
    this.#columns = Math.max(1, Math.floor((maxX - minX) / this.#cell) + 1);
    this.#rows = Math.max(1, Math.floor((maxY - minY) / this.#cell) + 1);
    this.#start = new Int32Array(this.#columns * this.#rows + 1);
    for (let v = 0; v < x.length; v++) {
      this.#start[this.#cellOf(v) + 1]!++;
    }
    for (let k = 1; k < this.#start.length; k++) {
      this.#start[k]! += this.#start[k - 1]!;
    }
    const fill = this.#start.slice();
    this.#member = new Int32Array(x.length);
    for (let v = 0; v < x.length; v++) {
      this.#member[fill[this.#cellOf(v)]!++] = v;
    }
  }

  /**
   * Whether a living vertex other than the corners (or one at the place of a corner) lies in the triangle or on its edges.
   * When rounding leaves it open the answer is yes.
   */
  holdsVertexInTriangle(a: number, b: number, c: number, alive: Uint8Array): boolean {
    const x = this.#x;
    const y = this.#y;
    const [ax, ay, bx, by, cx, cy] = [x[a]!, y[a]!, x[b]!, y[b]!, x[c]!, y[c]!];
    const minX = Math.min(ax, bx, cx);
    const maxX = Math.max(ax, bx, cx);
    const minY = Math.min(ay, by, cy);
    const maxY = Math.max(ay, by, cy);
    const doubt = 1e-12 * Math.max(maxX - minX, maxY - minY) ** 2;

    const margin = 1e-6 * this.#cell;
    const lastRow = this.#row(maxY);
    for (let row = this.#row(minY); row <= lastRow; row++) {
      // Only the cells that the triangle covers within this row: long slanted triangles are thin.
      const top = this.#minY + row * this.#cell - margin;
      const bottom = top + this.#cell + 2 * margin;
      const left = Math.min(
        leftOf(ax, ay, bx, by, top, bottom),
        leftOf(bx, by, cx, cy, top, bottom),
        leftOf(cx, cy, ax, ay, top, bottom),
      );
      const right = Math.max(
        rightOf(ax, ay, bx, by, top, bottom),
        rightOf(bx, by, cx, cy, top, bottom),
        rightOf(cx, cy, ax, ay, top, bottom),
      );
      if (left > right) {
        continue;
      }
      const lastColumn = this.#column(right + margin);
      for (let column = this.#column(left - margin); column <= lastColumn; column++) {
        const cell = row * this.#columns + column;
        for (let i = this.#start[cell]!; i < this.#start[cell + 1]!; i++) {
          const v = this.#member[i]!;
          const vx = x[v]!;
          const vy = y[v]!;
          if (alive[v] === 0 || vx < minX || vx > maxX || vy < minY || vy > maxY) {
            continue;
          }
          if ((vx === ax && vy === ay) || (vx === bx && vy === by) || (vx === cx && vy === cy)) {
            continue;
          }
          const ab = (bx - ax) * (vy - ay) - (by - ay) * (vx - ax);
          const bc = (cx - bx) * (vy - by) - (cy - by) * (vx - bx);
          const ca = (ax - cx) * (vy - cy) - (ay - cy) * (vx - cx);
          if ((ab >= -doubt && bc >= -doubt && ca >= -doubt) || (ab <= doubt && bc <= doubt && ca <= doubt)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  #cellOf(v: number): number {
    return this.#row(this.#y[v]!) * this.#columns + this.#column(this.#x[v]!);
  }

  #column(x: number): number {
    return Math.max(0, Math.min(this.#columns - 1, Math.floor((x - this.#minX) / this.#cell)));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor((y - this.#minY) / this.#cell)));
  }
}

/** Least x of the part of a segment between two levels of y; Infinity where it has none. */
function leftOf(px: number, py: number, qx: number, qy: number, top: number, bottom: number): number {
  const low = Math.min(py, qy);
  const high = Math.max(py, qy);
  if (high < top || low > bottom) {
    return Infinity;
  }
  return py === qy
    ? Math.min(px, qx)
    : Math.min(
        px + ((qx - px) * (Math.max(low, top) - py)) / (qy - py),
        px + ((qx - px) * (Math.min(high, bottom) - py)) / (qy - py),
      );
}

/** Greatest x of the part of a segment between two levels of y; -Infinity where it has none. */
function rightOf(px: number, py: number, qx: number, qy: number, top: number, bottom: number): number {
  return -leftOf(-px, py, -qx, qy, top, bottom);
}
