/** With what weights the samples of an axis make those of a resized one, in the fixed point of Pillow. */
import { keepNewest } from '../keep-newest.ts';

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

/** Bits of a coefficient that stand apart from its upper ones: both parts are small enough for products of 16-bit numbers. */
const lowerBits = 8;

/** Which source samples make each output sample of one axis, as `resize-kernel.wat` takes it: one entry per output sample. */
export interface AxisPlan {
  /** Output samples. */
  readonly length: number;
  readonly entries: Int32Array;
  readonly entryLength: number;
}

/** Entries start with the byte of the first source sample and the bytes of the coefficients. */
const entryHead = 2;

/** More than a question makes: one picture of its window, and one of each place that it outlines. */
const keptPlans = 32;
/** By what was asked for, oldest first: the pictures that models look at have few sizes, and the weights of one take a tenth of its resize. */
const plans = new Map<string, AxisPlan>();

/**
 * @param sampleStep bytes from one source sample to the next.
 * @param together how many samples a pass takes at a time: coefficients of zero fill up their number.
 */
export function planAxis(
  inSize: number,
  outSize: number,
  filter: ResizeFilter,
  sampleStep: number,
  together: 2 | 4,
): AxisPlan {
  const key = [inSize, outSize, filter, sampleStep, together].join();
  const plan = plans.get(key) ?? makePlan(inSize, outSize, filter, sampleStep, together);
  keepNewest(plans, key, plan, keptPlans);
  return plan;
}

function makePlan(
  inSize: number,
  outSize: number,
  filter: ResizeFilter,
  sampleStep: number,
  together: number,
): AxisPlan {
  const filled = (count: number): number => together * Math.ceil(count / together);
  const kernel = kernels[filter];
  const scale = inSize / outSize;
  // When reducing, the kernel is stretched so that every source sample counts.
  const filterScale = Math.max(scale, 1);
  const support = kernel.support * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const entryLength = entryHead + filled(taps);
  const entries = new Int32Array(outSize * entryLength);
  const halves = new Int16Array(entries.buffer);
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
    const entry = out * entryLength;
    entries[entry] = first * sampleStep;
    entries[entry + 1] = filled(length) * Int32Array.BYTES_PER_ELEMENT;
    for (let tap = 0; tap < length; tap++) {
      const fixed = (sum === 0 ? weights[tap]! : weights[tap]! / sum) * (1 << precisionBits);
      const coefficient = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
      const pair = entry + entryHead + (tap & ~1);
      halves[pair * 2 + (tap & 1)] = coefficient >> lowerBits;
      halves[pair * 2 + 2 + (tap & 1)] = coefficient & (2 ** lowerBits - 1);
    }
  }
  return { length: outSize, entries, entryLength };
}
