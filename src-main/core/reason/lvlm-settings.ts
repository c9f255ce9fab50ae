import type { Template } from '@huggingface/jinja';
import type { LvlmRecipe } from '../ports.ts';
import { loadChatTemplate, promptTokens } from './chat-prompt.ts';
import { assertFrameFits } from './image-patches.ts';
import { type LvlmConfig, readLvlmConfig } from './lvlm-config.ts';
import { type ByteLevelTokenizer, loadTokenizer } from './tokenizer.ts';

/** All of a language model but its weights. */
export interface LvlmSettings {
  readonly config: LvlmConfig;
  readonly tokenizer: ByteLevelTokenizer;
  readonly template: Template;
}

/**
 * Reads the settings of a model folder, and makes a prompt with them: what no question could be asked with is found here.
 *
 * @throws Think2SegError PACK_INCOMPLETE, PACK_DAMAGED, PACK_INVALID or PACK_FOREIGN naming the file at fault.
 */
export async function readLvlmSettings(directory: string, recipe: LvlmRecipe): Promise<LvlmSettings> {
  const config = await readLvlmConfig(directory);
  assertFrameFits(recipe.frame.width, recipe.frame.height, config.image);
  const tokenizer = await loadTokenizer(directory);
  const template = await loadChatTemplate(directory);
  promptTokens(tokenizer, template, recipe, 'ships', { tokenId: config.imageTokenId, count: 1 });
  return { config, tokenizer, template };
}
