import { Think2SegError } from '../../contract/errors.ts';
import type { RgbImage } from '../ports.ts';

export type ResizeFilter = 'lanczos' | 'bicubic' | 'bilinear';

interface FilterKernel {
  /** Half width in source pixels when not reducing. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

const kernels: Record<ResizeFilter, FilterKernel> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    support: 2,
    weight: (x) => {
      const a = -0.5;
      const t = Math.abs(x);
      if (t < 1) {
        return ((a + 2) * t - (a + 3)) * t * t + 1;
      }
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Fixed-point bits of a coefficient: 32 less 8 for the sample and 2 for the overshoot of negative lobes. */
const precisionBits = 22;
const half = 1 << (precisionBits - 1);

/** Which source samples make each output sample of one axis, and with what fixed-point weights. */
interface AxisPlan {
  /** First source index per output index. */
  readonly start: Int32Array;
  /** Number of source samples per output index. */
  readonly count: Int32Array;
  /** `outSize * taps` coefficients, row per output index. */
  readonly coefficients: Int32Array;
  readonly taps: number;
}

function planAxis(inSize: number, outSize: number, kernel: FilterKernel): AxisPlan {
  const scale = inSize / outSize;
  // When reducing, the kernel is stretched so that every source sample counts.
  const filterScale = Math.max(scale, 1);
  const support = kernel.support * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const coefficients = new Int32Array(outSize * taps);
  const weights = new Float64Array(taps);
  const inverse = 1 / filterScale;
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const length = Math.min(inSize, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < length; tap++) {
      const weight = kernel.weight((tap + first - center + 0.5) * inverse);
      weights[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < length; tap++) {
      const fixed = (sum === 0 ? weights[tap]! : weights[tap]! / sum) * (1 << precisionBits);
      coefficients[out * taps + tap] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    start[out] = first;
    count[out] = length;
  }
  return { start, count, coefficients, taps };
}

/** Sums `length` pixels of `source`, `step` samples apart, with as many coefficients from `base` on. */
function writePixel(
  result: Uint8ClampedArray,
  target: number,
  source: Uint8ClampedArray,
  from: number,
  step: number,
  coefficients: Int32Array,
  base: number,
  length: number,
): void {
  let at = from;
  let red = half;
  let green = half;
  let blue = half;
  for (let tap = 0; tap < length; tap++) {
    const weight = coefficients[base + tap]!;
    red = (red + Math.imul(source[at]!, weight)) | 0;
    green = (green + Math.imul(source[at + 1]!, weight)) | 0;
    blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
    at += step;
  }
  result[target] = red >> precisionBits;
  result[target + 1] = green >> precisionBits;
  result[target + 2] = blue >> precisionBits;
}

function resizeRows(
  source: Uint8ClampedArray,
  width: number,
  height: number,
  plan: AxisPlan,
  outWidth: number,
): Uint8ClampedArray {
  const result = new Uint8ClampedArray(outWidth * height * 3);
  const { start, count, coefficients, taps } = plan;
  for (let y = 0; y < height; y++) {
    const row = y * width * 3;
    let target = y * outWidth * 3;
    for (let x = 0; x < outWidth; x++) {
      writePixel(result, target, source, row + start[x]! * 3, 3, coefficients, x * taps, count[x]!);
      target += 3;
    }
  }
  return result;
}

function resizeColumns(
  source: Uint8ClampedArray,
  rowLength: number,
  plan: AxisPlan,
  outHeight: number,
): Uint8ClampedArray {
  const result = new Uint8ClampedArray(rowLength * outHeight);
  const { start, count, coefficients, taps } = plan;
  let target = 0;
  for (let y = 0; y < outHeight; y++) {
    const length = count[y]!;
    const base = y * taps;
    const first = start[y]! * rowLength;
    // Down each pixel's column, so that the sums stay in registers: the rows that one output row needs fit the processor's cache.
    for (let column = 0; column < rowLength; column += 3) {
      writePixel(result, target, source, first + column, rowLength, coefficients, base, length);
      target += 3;
    }
  }
  return result;
}

/**
 * Resizes an 8-bit RGB image to `width` x `height`, aspect not kept, with the same bits as Pillow's `Image.resize`:
 * horizontal pass first, 8-bit between the passes, 22-bit fixed-point coefficients, kernel stretched when reducing.
 * Models were trained on images that Pillow resized, so a merely similar filter would shift their input. (Pillow 13 runs
 * the vertical pass first for some sizes, which moves single samples by one level; earlier ones never do.)
 *
 * @throws Think2SegError INTERNAL when a size is not a positive integer or the data does not fit the size.
 */
export function resizeRgb(image: RgbImage, width: number, height: number, filter: ResizeFilter): RgbImage {
  for (const size of [image.width, image.height, width, height]) {
    if (!Number.isInteger(size) || size < 1) {
      throw new Think2SegError('INTERNAL', `image size is ${size}, expected a positive integer`);
    }
  }
  const expected = image.width * image.height * 3;
  if (image.data.length !== expected) {
    throw new Think2SegError(
      'INTERNAL',
      `RGB data has ${image.data.length} bytes, expected ${expected} for ${image.width} x ${image.height}`,
    );
  }
  const kernel = kernels[filter];
  // One type of array throughout keeps the loops fast.
  const given = new Uint8ClampedArray(image.data.buffer, image.data.byteOffset, image.data.length);
  let data = given;
  if (width !== image.width) {
    data = resizeRows(data, image.width, image.height, planAxis(image.width, width, kernel), width);
  }
  if (height !== image.height) {
    data = resizeColumns(data, width * 3, planAxis(image.height, height, kernel), height);
  }
  return {
    width,
    height,
    data: data === given ? image.data.slice() : new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}
