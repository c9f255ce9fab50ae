import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { Think2SegError } from '../../contract/errors.ts';
import { readModelJson } from './lvlm-config.ts';

/** A byte-level BPE tokenizer, as Qwen models use it. */
export interface ByteLevelTokenizer {
  encode(text: string): number[];
  /** UTF-8 bytes of one token, often only part of a character; none for control tokens. */
  bytesOf(id: number): Uint8Array;
  /** The word of a control token such as `<|im_start|>`, which text from a user must not become; null for all others. */
  controlWord(id: number): string | null;
}

/**
 * Byte-level BPE writes each byte as one printable character: printable Latin-1 as itself, all others shifted to
 * U+0100 and up, in order.
 */
function byteByCharacter(): Map<string, number> {
  const bytes = new Map<string, number>();
  let shifted = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    bytes.set(String.fromCharCode(printable ? byte : 0x100 + shifted++), byte);
  }
  return bytes;
}

/** Makes a tokenizer of the parsed tokenizer.json and tokenizer_config.json. */
export function makeTokenizer(tokenizerJson: object, tokenizerConfig: object): ByteLevelTokenizer {
  const tokenizer = new Tokenizer(tokenizerJson, tokenizerConfig);
  const added = tokenizer.get_added_tokens_decoder();
  const { unk_token: unknownWord } = (tokenizerJson as { model?: { unk_token?: unknown } }).model ?? {};
  const bytes = byteByCharacter();
  const encoder = new TextEncoder();
  const nothing = new Uint8Array(0);
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    controlWord(id) {
      const token = added.get(id);
      // Any letter that the model does not know becomes the unknown word; it controls nothing.
      return token?.special === true && token.content !== unknownWord ? token.content : null;
    },
    bytesOf(id) {
      const special = added.get(id);
      if (special !== undefined) {
        return special.special ? nothing : encoder.encode(special.content);
      }
      const token = tokenizer.id_to_token(id);
      // Vocabularies are padded: ids beyond the last token exist in the model and mean nothing.
      return token === undefined ? nothing : Uint8Array.from(token, (character) => bytes.get(character) ?? 0x3f);
    },
  };
}

/**
 * Loads tokenizer.json and tokenizer_config.json of a model folder.
 *
 * @throws Think2SegError PACK_INCOMPLETE, PACK_DAMAGED when no tokenizer can be made of them, or PACK_FOREIGN when it is no byte-level tokenizer.
 */
export async function loadTokenizer(directory: string): Promise<ByteLevelTokenizer> {
  const tokenizerJson = await readModelJson(directory, 'tokenizer.json');
  if (!JSON.stringify((tokenizerJson as { decoder?: unknown }).decoder ?? null).includes('"ByteLevel"')) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `the tokenizer in ${directory} has no byte-level decoder, expected the kind that Qwen models use; use a pack of that architecture`,
    );
  }
  const tokenizerConfig = await readModelJson(directory, 'tokenizer_config.json');
  try {
    return makeTokenizer(tokenizerJson, tokenizerConfig);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'PACK_DAMAGED',
      `${join(directory, 'tokenizer.json')} is no usable tokenizer (${reason}), expected one of a Qwen model; get the complete pack and import it`,
      { cause: error },
    );
  }
}
