import type { ProviderReport } from '../../contract/provider.ts';
import type { Precision } from './model-files.ts';

/** One file of a model part: the same network in one number format. */
export interface PrecisionChoice {
  readonly precision: Precision;
  /** Model file and external data together. */
  readonly bytes: number;
  readonly computesInFloat16: boolean;
  readonly operators: ReadonlySet<string>;
}

/** From here on reading weights is what costs time: four bits beat the fidelity of full precision. */
export const largeModelBytes = 2 ** 30;

/**
 * Preferences per kind of provider. A CPU computes half precision by converting to and fro, so those come last there; integer
 * kernels are a CPU's strength and run on no graphics provider as a whole.
 */
const preferences: Record<'cpu' | 'gpu', Record<'small' | 'large', readonly Precision[]>> = {
  cpu: {
    small: ['fp32', 'int8', 'quantized', 'uint8', 'q4', 'bnb4', 'fp16', 'q4f16'],
    large: ['q4', 'int8', 'quantized', 'uint8', 'bnb4', 'fp32', 'q4f16', 'fp16'],
  },
  gpu: {
    small: ['fp16', 'fp32', 'q4f16', 'q4', 'bnb4', 'int8', 'quantized', 'uint8'],
    large: ['q4f16', 'q4', 'fp16', 'fp32', 'bnb4', 'int8', 'quantized', 'uint8'],
  },
};

/**
 * The files of one part that a provider can run, best first. Left out are files that compute in half precision where the
 * provider has none, and files with an operator that it computes wrong. Empty when nothing remains.
 *
 * A part counts as large when its full-precision file is over 1 GiB; without that file, when its largest file is over a quarter of that.
 */
export function rankPrecisions<Choice extends PrecisionChoice>(
  available: readonly Choice[],
  provider: Pick<ProviderReport, 'provider' | 'supportsFp16' | 'wrongOperators'>,
): Choice[] {
  const full = available.find(({ precision }) => precision === 'fp32');
  const largest = Math.max(0, ...available.map(({ bytes }) => bytes));
  const large = full === undefined ? largest * 4 > largeModelBytes : full.bytes > largeModelBytes;
  const order = preferences[provider.provider === 'cpu' ? 'cpu' : 'gpu'][large ? 'large' : 'small'];
  const half: readonly Precision[] = ['fp16', 'q4f16'];
  return available
    .filter(
      (choice) => provider.supportsFp16 === true || !(choice.computesInFloat16 || half.includes(choice.precision)),
    )
    .filter((choice) => !(provider.wrongOperators ?? []).some((operator) => choice.operators.has(operator)))
    .sort((a, b) => order.indexOf(a.precision) - order.indexOf(b.precision));
}

/** The best file of one part for a provider; null when the provider can run none. */
export function choosePrecision<Choice extends PrecisionChoice>(
  available: readonly Choice[],
  provider: Pick<ProviderReport, 'provider' | 'supportsFp16' | 'wrongOperators'>,
): Choice | null {
  return rankPrecisions(available, provider)[0] ?? null;
}
