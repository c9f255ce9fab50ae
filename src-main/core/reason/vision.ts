import { Think2SegError } from '../../contract/errors.ts';
import type { InferenceSession } from '../inference/session.ts';
import type { ImagePatches } from './image-patches.ts';
import { realTensor, realTypeOf, realValues, wholeTensor, wholeTypeOf } from './tensor-values.ts';

/**
 * Runs the vision encoder on one image.
 *
 * @returns `cells * hidden` values, a row for every merged cell.
 * @throws Think2SegError PACK_FOREIGN when the model is of another kind, INFERENCE_FAILED when it fails.
 */
export async function seeImage(session: InferenceSession, patches: ImagePatches, cells: number): Promise<Float32Array> {
  const { rows, columns, values, patchLength } = patches;
  // pixel_values [patches, patchLength], image_grid_thw [1, 3] -> image_features [cells, hidden]
  const outputs = await session.run({
    pixel_values: realTensor(realTypeOf(session, 'pixel_values'), values, [rows * columns, patchLength]),
    image_grid_thw: wholeTensor(wholeTypeOf(session, 'image_grid_thw'), [1, rows, columns], [1, 3]),
  });
  const features = outputs[session.outputNames[0] ?? 'image_features'];
  if (features === undefined || features.size % cells !== 0 || features.dims[features.dims.length - 2] !== cells) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `model ${session.modelPath} returned features of shape ${features?.dims.join(' x ') ?? 'none'}, expected ${cells} rows ` +
        `for ${rows} x ${columns} patches; use a conversion of a Qwen2.5-VL model`,
    );
  }
  return realValues(features);
}

/** For the session of `embedTokens`: rows are only copied, and an idle second thread would turn beside the decoder's. */
export const embedThreads = 1;

/** Embeddings of tokens: `ids.length * hidden` values. */
export async function embedTokens(session: InferenceSession, ids: readonly number[]): Promise<Float32Array> {
  const type = wholeTypeOf(session, 'input_ids');
  const outputs = await session.run({ input_ids: wholeTensor(type, ids, [1, ids.length]) });
  const embeds = outputs[session.outputNames[0] ?? 'inputs_embeds'];
  if (embeds === undefined || embeds.size % ids.length !== 0) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `model ${session.modelPath} returned no embeddings, expected one row a token`,
    );
  }
  return realValues(embeds);
}
