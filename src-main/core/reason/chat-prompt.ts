import { Template } from '@huggingface/jinja';
import { Think2SegError } from '../../contract/errors.ts';
import type { LvlmRecipe } from '../ports.ts';
import { readModelJson, readModelText } from './lvlm-config.ts';
import type { ByteLevelTokenizer } from './tokenizer.ts';

/**
 * The chat template of a model folder: chat_template.jinja, or where older folders keep it.
 *
 * @throws Think2SegError PACK_INCOMPLETE when there is none, PACK_INVALID when it is no template.
 */
export async function loadChatTemplate(directory: string): Promise<Template> {
  let source = await readModelText(directory, 'chat_template.jinja');
  for (const name of ['chat_template.json', 'tokenizer_config.json']) {
    if (source === null && (await readModelText(directory, name)) !== null) {
      const { chat_template: template } = (await readModelJson(directory, name)) as { chat_template?: unknown };
      source = typeof template === 'string' ? template : null;
    }
  }
  if (source === null) {
    throw new Think2SegError(
      'PACK_INCOMPLETE',
      `${directory} has no chat template, expected chat_template.jinja; get the complete pack and import it`,
    );
  }
  try {
    return new Template(source);
  } catch (error) {
    throw badTemplate(error);
  }
}

function badTemplate(error: unknown): Think2SegError {
  const reason = error instanceof Error ? error.message : String(error);
  return new Think2SegError(
    'PACK_INVALID',
    `the chat template of the pack does not work (${reason}); expected a Jinja template as transformers has it; get the pack from its author again`,
    { cause: error },
  );
}

/** The whole prompt as text: one image, then the question in the words of the recipe. */
export function renderChat(template: Template, recipe: LvlmRecipe, question: string): string {
  const messages: object[] = [];
  if (recipe.systemMessage !== undefined) {
    messages.push({ role: 'system', content: recipe.systemMessage });
  }
  messages.push({
    role: 'user',
    content: [{ type: 'image' }, { type: 'text', text: recipe.promptTemplate.split('{question}').join(question) }],
  });
  try {
    return template.render({ messages, add_generation_prompt: true, add_vision_id: false });
  } catch (error) {
    throw badTemplate(error);
  }
}

const plainQuestion = 'x';

/** Tokens are compared, not letters: a tokenizer may ignore case, invisible characters and more before it finds a control word. */
function refuseControlWords(tokenizer: ByteLevelTokenizer, asked: readonly number[], plain: readonly number[]): void {
  const wordsOf = (ids: readonly number[]): string[] => ids.flatMap((id) => tokenizer.controlWord(id) ?? []);
  const [found, expected] = [wordsOf(asked), wordsOf(plain)];
  if (found.length > expected.length) {
    const added = found.find((word, index) => word !== expected[index]) ?? '';
    throw new Think2SegError(
      'QUESTION_INVALID',
      `the question contains ${added}, a control word of the model, expected plain words; leave it out`,
    );
  }
}

/**
 * Tokens of the prompt, with the single image placeholder repeated once for every merged cell of the image.
 *
 * @throws Think2SegError QUESTION_INVALID when the question holds control words, PACK_INVALID when the template places no image.
 */
export function promptTokens(
  tokenizer: ByteLevelTokenizer,
  template: Template,
  recipe: LvlmRecipe,
  question: string,
  image: { readonly tokenId: number; readonly count: number },
): number[] {
  const ids = tokenizer.encode(renderChat(template, recipe, question));
  refuseControlWords(tokenizer, ids, tokenizer.encode(renderChat(template, recipe, plainQuestion)));
  const at = ids.indexOf(image.tokenId);
  if (at < 0 || ids.includes(image.tokenId, at + 1)) {
    throw new Think2SegError(
      'PACK_INVALID',
      `the chat template places ${at < 0 ? 'no image' : 'more than one image'}, expected exactly one; check the pack's chat and prompt templates`,
    );
  }
  return [...ids.slice(0, at), ...new Array<number>(image.count).fill(image.tokenId), ...ids.slice(at + 1)];
}
