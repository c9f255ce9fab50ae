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
