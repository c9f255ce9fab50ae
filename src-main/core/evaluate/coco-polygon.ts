/**
 * Which pixels a COCO polygon covers, decided as pycocotools decides it: the outline is drawn on a grid five times finer, and a pixel
 * changes sides where the outline crosses the middle of its column. Published masks are made this way, down to the last pixel.
 */

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Fine cells along one side of a pixel. */
const fineness = 5;

/** Cells `[x, y]` of the straight line between two cells, both ends included, one per step along its longer axis. */
function lineCells([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): [number, number][] {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const alongX = dx >= dy;
  const steps = alongX ? dx : dy;
  // Both directions must round alike: a line is walked from its smaller end.
  const flipped = alongX ? x0 > x1 : y0 > y1;
  const [fromX, fromY, toX, toY] = flipped ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  const slope = steps === 0 ? 0 : alongX ? (toY - fromY) / dx : (toX - fromX) / dy;
  return Array.from({ length: steps + 1 }, (_, index): [number, number] => {
    const at = flipped ? steps - index : index;
    return alongX
      ? [fromX + at, Math.trunc(fromY + slope * at + 0.5)]
      : [Math.trunc(fromX + slope * at + 0.5), fromY + at];
  });
}

/** Sets the covered pixels of `mask` (`height * width`, row-major) to 1. `polygon` is `[x0, y0, x1, y1, ..]` in pixels. */
export function fillCocoPolygon(mask: Uint8Array, polygon: readonly number[], { width, height }: Size): void {
  const corners = Array.from({ length: polygon.length / 2 }, (_, index): [number, number] => [
    Math.trunc(fineness * polygon[index * 2]! + 0.5),
    Math.trunc(fineness * polygon[index * 2 + 1]! + 0.5),
  ]);
  const outline = corners.flatMap((corner, index) => lineCells(corner, corners[(index + 1) % corners.length]!));
  // Inside and outside change at these pixels, counted down the columns.
  const changes = new Uint32Array(width * height + 1);
  for (let index = 1; index < outline.length; index++) {
    const [[fineX, fineY], [lastX, lastY]] = [outline[index]!, outline[index - 1]!];
    if (fineX === lastX) {
      continue;
    }
    const x = (Math.min(fineX, lastX) + 0.5) / fineness - 0.5;
    if (!Number.isInteger(x) || x < 0 || x > width - 1) {
      continue;
    }
    const y = Math.ceil(Math.min(height, Math.max(0, (Math.min(fineY, lastY) + 0.5) / fineness - 0.5)));
    changes[x * height + y]! += 1;
  }
  let inside = 0;
  for (let pixel = 0; pixel < width * height; pixel++) {
    inside ^= changes[pixel]! & 1;
    if (inside === 1) {
      mask[(pixel % height) * width + Math.floor(pixel / height)] = 1;
    }
  }
}
