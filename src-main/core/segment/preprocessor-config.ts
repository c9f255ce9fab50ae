import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { Think2SegError } from '../../contract/errors.ts';
import { explainParse } from '../../contract/explain-parse.ts';
import type { ResizeFilter } from '../image/axis-plan.ts';

/** How an image becomes the encoder's input, as `preprocessor_config.json` says it. */
export interface PreprocessorConfig {
  /** Side of the square the encoder sees. */
  readonly size: number;
  readonly filter: ResizeFilter;
  /** Model value of an 8-bit sample: `(sample * rescale - mean[channel]) / std[channel]`. */
  readonly rescale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const rgbSchema = z.tuple([z.number(), z.number(), z.number()]);

/** Numbers are those of Pillow's `Resampling`. */
const filterByPillowNumber = new Map<number, ResizeFilter>([
  [1, 'lanczos'],
  [2, 'bilinear'],
  [3, 'bicubic'],
]);

const fileSchema = z.object({
  size: z.object({ height: z.int().positive(), width: z.int().positive() }),
  resample: z.int().default(2),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: rgbSchema,
  image_std: rgbSchema,
});

/**
 * Reads `preprocessor_config.json` of a segmenter folder (the form of transformers' `Sam2ImageProcessor`).
 *
 * @throws {Think2SegError} PACK_INCOMPLETE when the file is missing, PACK_FOREIGN when it describes another kind of
 *   preprocessing, such as the letterbox (`longest_edge`) of SAM 1.
 */
export async function readPreprocessorConfig(directory: string): Promise<PreprocessorConfig> {
  const path = join(directory, 'preprocessor_config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Think2SegError(
      'PACK_INCOMPLETE',
      `${path} cannot be read; expected the image preprocessing of a SAM 2 model; get the complete pack and import it`,
      { cause: error },
    );
  }
  return parsePreprocessorConfig(text, path);
}

/** The same, of the text of the file; `path` is for messages only. */
export function parsePreprocessorConfig(text: string, path: string): PreprocessorConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Think2SegError('PACK_DAMAGED', `${path} is not JSON; get the complete pack and import it`, {
      cause: error,
    });
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${path}: ${explainParse(parsed.error)}; ` +
        'expected size {height, width}, image_mean and image_std of a SAM 2 image processor; use a SAM 2 or 2.1 conversion',
    );
  }
  const file = parsed.data;
  if (file.size.width !== file.size.height) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${path}: size is ${file.size.width} x ${file.size.height}, expected the square of a SAM 2 image processor`,
    );
  }
  const filter = filterByPillowNumber.get(file.resample);
  if (filter === undefined) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${path}: resample is ${file.resample}, expected 1 (Lanczos), 2 (bilinear) or 3 (bicubic)`,
    );
  }
  return {
    size: file.size.width,
    filter,
    rescale: file.do_rescale ? file.rescale_factor : 1,
    mean: file.do_normalize ? file.image_mean : [0, 0, 0],
    std: file.do_normalize ? file.image_std : [1, 1, 1],
  };
}
