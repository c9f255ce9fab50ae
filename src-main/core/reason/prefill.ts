/** Length of the longest common start of two token lists, at most `limit`. */
export function commonPrefix(a: readonly number[], b: readonly number[], limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let length = 0;
  while (length < end && a[length] === b[length]) {
    length++;
  }
  return length;
}

/** Index of the largest value, the first one of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  let largest = values[0]!;
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    if (value > largest) {
      best = i;
      largest = value;
    }
  }
  return best;
}
