interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Which source pixel each result pixel takes. Positions are summed up as Pillow sums them, because where a centre falls exactly
 * between two pixels the rounding of the sum decides.
 */
function sourceOf(from: number, to: number): Int32Array {
  const step = from / to;
  const source = new Int32Array(to);
  let position = step * 0.5;
  for (let index = 0; index < to; index++) {
    source[index] = Math.min(from - 1, Math.floor(position));
    position += step;
  }
  return source;
}

/** Nearest neighbour with the same result as Pillow's `Image.resize`. `mask` has `height * width` elements. */
export function resizeNearest(mask: Uint8Array, from: Size, to: Size): Uint8Array {
  const [columns, rows] = [sourceOf(from.width, to.width), sourceOf(from.height, to.height)];
  const resized = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = rows[y]! * from.width;
    for (let x = 0; x < to.width; x++) {
      resized[y * to.width + x] = mask[row + columns[x]!]!;
    }
  }
  return resized;
}
