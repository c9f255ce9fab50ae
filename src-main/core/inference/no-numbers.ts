import { Think2SegError } from '../../contract/errors.ts';
import type { InferenceSession } from './session.ts';

/** What a model answers whose arithmetic overflowed, such as one in half precision, or whose weights are damaged. */
export function computedNoNumbers({
  modelPath,
  provider,
}: Pick<InferenceSession, 'modelPath' | 'provider'>): Think2SegError {
  return new Think2SegError(
    'INFERENCE_FAILED',
    `model ${modelPath} computed no numbers (NaN or infinity) on provider ${provider}; try another provider or a pack of another ` +
      'precision, and run `think2seg pack verify`',
  );
}
