import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadChatTemplate } from '../../../src-main/core/reason/chat-prompt.ts';
import { readLvlmConfig } from '../../../src-main/core/reason/lvlm-config.ts';
import { loadTokenizer } from '../../../src-main/core/reason/tokenizer.ts';

const text = {
  hidden_size: 2048,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  max_position_embeddings: 128000,
};
const preprocessor = {
  patch_size: 14,
  temporal_patch_size: 2,
  merge_size: 2,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.25, 0.25],
};

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lvlm-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(files: Record<string, unknown>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

describe('readLvlmConfig', () => {
  it('reads an older checkpoint: language model at the top, pixels by min and max', async () => {
    await write({
      'config.json': { ...text, image_token_id: 151655, eos_token_id: 151645 },
      'preprocessor_config.json': { ...preprocessor, min_pixels: 3136, max_pixels: 12845056 },
      'generation_config.json': { eos_token_id: [151645, 151643] },
    });
    expect(await readLvlmConfig(folder)).toEqual({
      imageTokenId: 151655,
      endTokenIds: new Set([151645, 151643]),
      maxPositions: 128000,
      kvHeads: 2,
      headSize: 128,
      image: {
        patchSize: 14,
        temporalPatchSize: 2,
        mergeSize: 2,
        minPixels: 3136,
        maxPixels: 12845056,
        rescaleFactor: 1 / 255,
        mean: [0.5, 0.5, 0.5],
        std: [0.25, 0.25, 0.25],
      },
    });
  });

  it('reads a newer one: text_config, pixels by edges, end tokens of the nested part', async () => {
    await write({
      'config.json': { image_token_id: 7, text_config: { ...text, head_dim: 64, eos_token_id: 9 } },
      'preprocessor_config.json': { ...preprocessor, size: { shortest_edge: 3136, longest_edge: 1003520 } },
    });
    expect(await readLvlmConfig(folder)).toMatchObject({
      endTokenIds: new Set([9]),
      headSize: 64,
      image: { minPixels: 3136, maxPixels: 1003520 },
    });
  });

  it.each([
    ['nothing', {}, 'PACK_INCOMPLETE', /config\.json is missing/],
    ['half a file', { 'config.json': '{"a":' }, 'PACK_DAMAGED', /config\.json is no JSON object/],
    [
      'a text model',
      { 'config.json': { ...text, eos_token_id: 1 } },
      'PACK_FOREIGN',
      /config\.json does not describe a Qwen2\.5-VL model: image_token_id/,
    ],
    [
      'another image processor',
      {
        'config.json': { ...text, image_token_id: 1, eos_token_id: 1 },
        'preprocessor_config.json': { size: { height: 8 } },
      },
      'PACK_FOREIGN',
      /preprocessor_config\.json does not describe .*patch_size/,
    ],
  ])('names the file at fault: %s', async (_, files, code, message) => {
    await write(files);
    const reading = readLvlmConfig(folder);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code });
  });
});

describe('the files beside the models', () => {
  it('finds the chat template where older folders keep it', async () => {
    await write({ 'tokenizer_config.json': { chat_template: 'T {{ messages[0].role }}' } });
    const template = await loadChatTemplate(folder);
    expect(template.render({ messages: [{ role: 'user' }] })).toBe('T user');
    await write({ 'chat_template.jinja': 'J' });
    expect((await loadChatTemplate(folder)).render({})).toBe('J');
  });

  it('says when there is no chat template', async () => {
    await write({ 'tokenizer_config.json': {} });
    await expect(loadChatTemplate(folder)).rejects.toMatchObject({ code: 'PACK_INCOMPLETE' });
  });

  it('refuses a tokenizer that does not write bytes', async () => {
    await write({ 'tokenizer.json': { decoder: { type: 'WordPiece' } }, 'tokenizer_config.json': {} });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'PACK_FOREIGN' });
  });
});
