import { join } from 'node:path';

import type { LvlmRecipe } from '../ports.ts';
import { readLvlmSettings } from '../reason/lvlm-settings.ts';
import { readPreprocessorConfig } from '../segment/preprocessor-config.ts';

/**
 * Whether the models of a pack could be asked at all, as far as it shows without their weights: in a moment, before gigabytes are copied or
 * loaded.
 *
 * @throws Think2SegError PACK_INCOMPLETE, PACK_DAMAGED, PACK_INVALID or PACK_FOREIGN
 */
export async function checkPackSettings(directory: string, recipe: LvlmRecipe): Promise<void> {
  await readLvlmSettings(join(directory, 'lvlm'), recipe);
  await readPreprocessorConfig(join(directory, 'segmenter'));
}
