import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createReasoner } from '../../../src-main/core/reason/reasoner.ts';

const nano = resolve(import.meta.dirname, '../../../models/nano/lvlm');
const frame = { width: 280, height: 280 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-no-numbers-'));
  cpSync(nano, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('blames the model, not the question, where nothing that it computes is a number', async () => {
  // Weights that each word goes through, in half precision: a name, a field number and a length of three bytes, then the values.
  const path = join(folder, 'onnx/embed_tokens.onnx');
  const bytes = readFileSync(path);
  const start = bytes.indexOf('word_halfJ') + 'word_halfJ'.length + 3;
  const everyBitSet = 0xff;
  writeFileSync(path, bytes.fill(everyBitSet, start, start + 65_536));
  const model = (name: string): string => join(folder, `onnx/${name}.onnx`);
  const reasoner = await createReasoner(
    {
      directory: folder,
      visionEncoder: model('vision_encoder'),
      embedTokens: path,
      decoder: model('decoder_model_merged'),
    },
    { frame, promptTemplate: '{question}', maxNewTokens: 20 },
    { provider: 'cpu', threads: 1 },
  );
  const request = {
    imageModel: { ...frame, data: new Uint8Array(280 * 280 * 3) },
    imageKey: 'black',
    question: 'every lake',
  };
  const ask = () => reasoner.reason(request, { signal: new AbortController().signal, onProgress: () => undefined });
  const failure = {
    code: 'INFERENCE_FAILED',
    message: expect.stringMatching(/decoder_model_merged\.onnx computed no numbers .* on provider cpu/) as string,
  };
  await expect(ask()).rejects.toMatchObject(failure);
  // Nothing of it is kept for the next question.
  await expect(ask()).rejects.toMatchObject(failure);
  await reasoner.dispose();
});
