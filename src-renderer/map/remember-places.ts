import type { Point } from '../../src-main/contract/geo.ts';

/** Some ten megabytes. */
const mostPlaces = 200_000;

/** The same mapping, which is not worked out again for places that it was asked for before: each frame of a map asks for much the same. */
export function rememberPlaces(project: (point: Point) => Point | null): (point: Point) => Point | null {
  const rows = new Map<number, Map<number, Point | null>>();
  let count = 0;
  return ([x, y]) => {
    let row = rows.get(y);
    const known = row?.get(x);
    if (known !== undefined) {
      return known;
    }
    const place = project([x, y]);
    if (count >= mostPlaces) {
      rows.clear();
      row = undefined;
      count = 0;
    }
    if (row === undefined) {
      row = new Map();
      rows.set(y, row);
    }
    row.set(x, place);
    count += 1;
    return place;
  };
}
