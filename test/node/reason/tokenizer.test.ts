import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Template } from '@huggingface/jinja';
import { describe, expect, it } from 'vitest';
import { AnswerText } from '../../../src-main/core/reason/answer-text.ts';
import { loadChatTemplate, promptTokens, renderChat } from '../../../src-main/core/reason/chat-prompt.ts';
import { type ByteLevelTokenizer, loadTokenizer, makeTokenizer } from '../../../src-main/core/reason/tokenizer.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

/** How Qwen2 cuts text before byte pairs are merged. */
const pattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

interface AddedToken {
  content: string;
}

/** tokenizer.json, put together from the older files vocab.json, merges.txt and tokenizer_config.json. */
function qwenTokenizer(): ByteLevelTokenizer {
  const read = (name: string): string => readFileSync(sharedPath(`data/qwen25/${name}`), 'utf8');
  const config = JSON.parse(read('tokenizer_config.json')) as { added_tokens_decoder: Record<string, AddedToken> };
  const merges = read('merges.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#version'));
  const added = Object.entries(config.added_tokens_decoder).map(([id, token]) => ({ ...token, id: Number(id) }));
  return makeTokenizer(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: { type: 'NFC' },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      model: { type: 'BPE', vocab: JSON.parse(read('vocab.json')) as object, merges, byte_fallback: false },
    },
    config,
  );
}

describe.skipIf(sharedDataMissing !== null)('the tokenizer of Qwen2.5', () => {
  const tokenizer = sharedDataMissing === null ? qwenTokenizer() : undefined;
  const facts =
    sharedDataMissing === null
      ? (JSON.parse(readFileSync(sharedPath('data/reference_facts/FACTS.json'), 'utf8')) as {
          qwen_bpe_golden_ids: { cases: { text: string; ids: number[] }[] };
        })
      : { qwen_bpe_golden_ids: { cases: [] } };

  it.each(facts.qwen_bpe_golden_ids.cases)('has the golden ids of "$text"', ({ text, ids }) => {
    expect(tokenizer!.encode(text)).toEqual(ids);
  });

  it.each([
    '遥感图像中的建筑物在哪里？',
    'Größe: 42 m², naïve café',
    '🛰️🛩️ ok 한국어 العربية',
    ' \n\t tabs\r\n',
    'e\u0301',
  ])('gives back "%s", streamed token by token', (text) => {
    const answer = new AnswerText();
    const pieces = tokenizer!.encode(text).map((id) => answer.push(tokenizer!.bytesOf(id)));
    pieces.push(answer.finish());
    expect(pieces.join('')).toBe(text.normalize('NFC'));
    expect(pieces.join('')).toBe(answer.text);
    expect(pieces.some((piece) => piece.includes('\ufffd'))).toBe(false);
  });

  it('writes control tokens and ids beyond the vocabulary as nothing, other added tokens as themselves', () => {
    expect(tokenizer!.bytesOf(151645)).toHaveLength(0);
    expect(tokenizer!.bytesOf(151935)).toHaveLength(0);
    expect(Buffer.from(tokenizer!.bytesOf(151657)).toString()).toBe('<tool_call>');
    expect(tokenizer!.controlWord(151655)).toBe('<|image_pad|>');
    expect(tokenizer!.controlWord(151657)).toBe(null);
  });

  describe('with the chat template of Qwen2.5-VL', () => {
    const template = new Template(
      sharedDataMissing === null ? readFileSync(sharedPath('data/qwen25/qwen2_5_vl.jinja'), 'utf8') : '',
    );
    const recipe = { frame: { width: 840, height: 840 }, promptTemplate: 'Find: {question}.', maxNewTokens: 10 };
    const image = { tokenId: 151655, count: 900 };

    it('renders one image and the question, with the default system message', () => {
      expect(renderChat(template, recipe, 'ships $& {question}')).toBe(
        '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n' +
          '<|vision_start|><|image_pad|><|vision_end|>Find: ships $& {question}.<|im_end|>\n<|im_start|>assistant\n',
      );
    });

    it('renders the system message of the pack instead', () => {
      const text = renderChat(template, { ...recipe, systemMessage: 'Answer in JSON.' }, 'ships');
      expect(text).toMatch(/^<\|im_start\|>system\nAnswer in JSON\.<\|im_end\|>\n<\|im_start\|>user\n/);
      expect(text).not.toContain('helpful');
    });

    it('repeats the image token for every merged cell', () => {
      const ids = promptTokens(tokenizer!, template, recipe, 'ships', image);
      const start = ids.indexOf(151655);
      expect(ids[start - 1]).toBe(151652);
      expect(ids.slice(start, start + 900).every((id) => id === 151655)).toBe(true);
      expect(ids[start + 900]).toBe(151653);
      expect(ids.filter((id) => id === 151655)).toHaveLength(900);
    });

    it('refuses a question with control words', () => {
      expect(() => promptTokens(tokenizer!, template, recipe, 'a <|image_pad|> b', image)).toThrow(
        /question contains <\|image_pad\|>/,
      );
    });

    it('refuses a template that places no image', () => {
      const textOnly = new Template('{{ messages[0].role }}');
      expect(() => promptTokens(tokenizer!, textOnly, recipe, 'ships', image)).toThrow(/places no image/);
    });
  });
});

describe('AnswerText', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('ends at the closing tag, though it is split over tokens and followed by more', () => {
    const answer = new AnswerText();
    const pieces = ['<answer>[]', '</', 'ans', 'wer>\n more', ' text'].map((piece) => answer.push(bytes(piece)));
    expect(answer.ended).toBe(true);
    expect(answer.text).toBe('<answer>[]</answer>');
    expect(pieces).toEqual(['<answer>[]', '</', 'ans', 'wer>', '']);
  });

  it('holds back bytes until a character is complete', () => {
    const answer = new AnswerText();
    const [a, b, c] = bytes('图');
    expect([a, b, c].map((byte) => answer.push(Uint8Array.of(byte!)))).toEqual(['', '', '图']);
    expect(answer.push(Uint8Array.of(0xe5))).toBe('');
    expect(answer.finish()).toBe('\ufffd');
    expect(answer.text).toBe('图\ufffd');
  });
});

describe('the tokenizer of the embedded pack, which ignores case', () => {
  const directory = resolve(import.meta.dirname, '../../../models/nano/lvlm');
  const recipe = { frame: { width: 280, height: 280 }, promptTemplate: '{question}', maxNewTokens: 10 };

  async function tokensOf(question: string): Promise<number[]> {
    const config = JSON.parse(readFileSync(resolve(directory, 'config.json'), 'utf8')) as { image_token_id: number };
    const image = { tokenId: config.image_token_id, count: 1 };
    return promptTokens(await loadTokenizer(directory), await loadChatTemplate(directory), recipe, question, image);
  }

  it.each(['<|im_end|>', 'a <|im_end|> b', '<|IM_END|>', '<|Image_Pad|>', '<|im_end\u200b|>'])(
    'refuses %j in a question',
    async (question) => {
      await expect(tokensOf(question)).rejects.toMatchObject({
        code: 'QUESTION_INVALID',
        message: expect.stringMatching(/^the question contains <\|i\w+\|>, a control word/) as string,
      });
    },
  );

  it.each(['ships < 3 | im_end >', 'a <|IM_END|> b', 'letters that it does not know: \u{1F6F0} \u0b9a'])(
    'takes %j, which becomes plain words',
    async (question) => {
      expect((await tokensOf(question)).length).toBeGreaterThan(10);
    },
  );
});
