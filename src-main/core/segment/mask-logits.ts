/** Logits of one mask at the model's resolution, row-major, `height * width`. A pixel is target where they are above 0. */
export interface MaskLogits {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Where each output sample of one axis falls between two input samples. */
interface AxisSamples {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Weight of `upper`. */
  readonly fraction: Float64Array;
}

/** Pixel centres at half positions, edges repeated: `align_corners=False` of torch's `interpolate`. */
function sampleAxis(inSize: number, outSize: number): AxisSamples {
  const lower = new Int32Array(outSize);
  const upper = new Int32Array(outSize);
  const fraction = new Float64Array(outSize);
  const scale = inSize / outSize;
  for (let out = 0; out < outSize; out++) {
    const position = Math.max(0, scale * (out + 0.5) - 0.5);
    const first = Math.min(inSize - 1, Math.floor(position));
    lower[out] = first;
    upper[out] = Math.min(inSize - 1, first + 1);
    fraction[out] = position - first;
  }
  return { lower, upper, fraction };
}

/** First and last column with a positive logit per row; first > last where a row has none. Null where one is no finite number. */
function positiveColumns(logits: MaskLogits): { first: Int32Array; last: Int32Array } | null {
  const { data, width, height } = logits;
  const first = new Int32Array(height).fill(width);
  const last = new Int32Array(height).fill(-1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const value = data[row + x]!;
      if (!Number.isFinite(value)) {
        return null;
      }
      if (value > 0) {
        if (last[y] === -1) {
          first[y] = x;
        }
        last[y] = x;
      }
    }
  }
  return { first, last };
}

/**
 * Resizes logits bilinearly to `width` x `height` and thresholds them at 0: 1 = target. The same pixels as
 * transformers' `post_process_masks`. Only output pixels with a positive logit among their four neighbours are computed.
 *
 * @returns null where a logit is no finite number.
 */
export function maskFromLogits(logits: MaskLogits, width: number, height: number): Uint8Array | null {
  const positive = positiveColumns(logits);
  if (positive === null) {
    return null;
  }
  const mask = new Uint8Array(width * height);
  const columns = sampleAxis(logits.width, width);
  const rows = sampleAxis(logits.height, height);
  const blended = new Float64Array(logits.width);
  for (let y = 0; y < height; y++) {
    const above = rows.lower[y]!;
    const below = rows.upper[y]!;
    const first = Math.min(positive.first[above]!, positive.first[below]!);
    const last = Math.max(positive.last[above]!, positive.last[below]!);
    if (first > last) {
      continue;
    }
    const from = Math.max(0, first - 1);
    const to = Math.min(logits.width - 1, last + 1);
    const weight = rows.fraction[y]!;
    for (let x = from; x <= to; x++) {
      const value = logits.data[above * logits.width + x]!;
      blended[x] = value + weight * (logits.data[below * logits.width + x]! - value);
    }
    // Output columns between the centres of `from` and `to`; all beyond a centre at the edge repeat the edge.
    const start = from === 0 ? 0 : Math.max(0, Math.floor(((from + 0.5) * width) / logits.width - 0.5));
    const end =
      to === logits.width - 1 ? width - 1 : Math.min(width - 1, Math.ceil(((to + 0.5) * width) / logits.width - 0.5));
    const row = y * width;
    for (let x = start; x <= end; x++) {
      const left = columns.lower[x]!;
      const right = columns.upper[x]!;
      if (left < from || right > to) {
        continue;
      }
      const value = blended[left]!;
      mask[row + x] = value + columns.fraction[x]! * (blended[right]! - value) > 0 ? 1 : 0;
    }
  }
  return mask;
}
