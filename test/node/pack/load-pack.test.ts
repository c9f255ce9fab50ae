import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { loadPack } from '../../../src-main/core/pack/load-pack.ts';
import { inspectPack, listPacks } from '../../../src-main/core/pack/list-packs.ts';
import { verifyPack } from '../../../src-main/core/pack/verify-pack.ts';
import { tinyOnnx } from '../../support/onnx-bytes.ts';
import { tinyManifest, tinyPackFiles, writePack, type PackFiles } from '../../support/tiny-pack.ts';

let scratch: string;
let directory: string;
const { signal } = new AbortController();

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-pack-'));
  directory = join(scratch, 'tiny');
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
});

function verify(): ReturnType<typeof verifyPack> {
  return verifyPack(directory, { signal, onProgress: () => undefined });
}

async function statesOf(): Promise<Record<string, string>> {
  const { files } = await verify();
  return Object.fromEntries(files.filter(({ state }) => state !== 'ok').map(({ path, state }) => [path, state]));
}

/** Text of the error message as a matcher. */
function naming(...parts: string[]): { message: string } {
  return { message: expect.stringMatching(new RegExp(parts.join('.*'), 'su')) as string };
}

function filesWithout(path: string): PackFiles {
  return Object.fromEntries(Object.entries(tinyPackFiles()).filter(([name]) => name !== path));
}

describe('a whole pack', () => {
  test('is opened with its recipe, licence and models', async () => {
    const pack = await loadPack(writePack(directory));
    expect(pack.recipe).toEqual({
      frame: { width: 280, height: 280 },
      promptTemplate: 'Find: {question}',
      maxNewTokens: 2048,
    });
    expect(pack.licenceText).toBe('Licence of the tiny pack.\n');
    expect(pack.models.lvlmDecoder).toMatchObject([{ precision: 'fp32', computesInFloat16: false }]);
    expect(pack.models.lvlmDecoder[0]?.bytes).toBeGreaterThan(1000);
    expect((await verify()).ok).toBe(true);
  });

  test('knows its number formats, and prefers decoder_model_merged to decoder_model', async () => {
    const files: PackFiles = {
      ...tinyPackFiles(),
      'lvlm/onnx/decoder_model.onnx': tinyOnnx(),
      'lvlm/onnx/decoder_model_merged_q4.onnx': tinyOnnx({ operator: 'MatMulNBits' }),
      'lvlm/onnx/vision_encoder_fp16.onnx': tinyOnnx({ weightType: 10 }),
      'lvlm/onnx/embed_tokens_int8.onnx': tinyOnnx(),
      'segmenter/onnx/vision_encoder_quantized.onnx': tinyOnnx(),
    };
    const pack = await loadPack(writePack(directory, files));
    expect(pack.models.lvlmDecoder.map(({ path }) => path.split('/').at(-1))).toEqual([
      'decoder_model_merged.onnx',
      'decoder_model_merged_q4.onnx',
    ]);
    expect(pack.models.lvlmVision.map(({ computesInFloat16 }) => computesInFloat16)).toEqual([false, true]);
    const summary = await inspectPack(directory, { embeddedDirectory: directory, signal });
    expect(summary.precisions).toEqual({ lvlm: ['fp32', 'fp16', 'q4', 'int8'], segmenter: ['fp32', 'quantized'] });
    expect(summary.embedded).toBe(true);
    expect(summary.estimatedMemoryBytes).toBeGreaterThan(150e6);
  });

  test('has the identity that sha256sum computes', async () => {
    const pack = await loadPack(writePack(directory));
    const lines = execFileSync('sha256sum', [...Object.keys(tinyPackFiles()), 'pack.json'].sort(), { cwd: directory });
    expect(execFileSync('sha256sum', { input: lines }).toString().slice(0, 64)).toBe(pack.sha256);
  });

  test('changes its identity with its template', async () => {
    const before = (await loadPack(writePack(directory))).sha256;
    writePack(directory, tinyPackFiles(), { prompt: { template: 'Search: {question}' } });
    expect((await loadPack(directory)).sha256).not.toBe(before);
  });
});

describe('a folder that is no pack', () => {
  test('is missing', async () => {
    await expect(loadPack(join(scratch, 'nowhere'))).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' });
  });

  test('is a file', async () => {
    writeFileSync(directory, 'text');
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND', ...naming('no folder') });
  });

  test('has no pack.json', async () => {
    mkdirSync(directory);
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_FOREIGN' });
    await expect(verify()).rejects.toMatchObject({ code: 'PACK_FOREIGN' });
  });
});

describe('a manifest that no pack can have', () => {
  const cases: [string, string | Record<string, unknown>, string][] = [
    ['text that is no JSON', '{ "schema": 1,', 'no JSON'],
    ['another schema', { schema: 2 }, 'schema'],
    ['an id with a slash', { id: '../evil' }, 'id'],
    ['a template without the question', { prompt: { template: 'Find it' } }, 'prompt.template'],
    ['a licence that is not listed', { licence: { id: 'MIT', file: 'LICENCE.txt' } }, 'LICENCE.txt'],
    ['a model card that is not listed', { modelCard: 'CARD.md' }, 'CARD.md'],
  ];
  test.each(cases)('%s', async (_name, changes, named) => {
    writePack(directory, tinyPackFiles(), typeof changes === 'string' ? {} : changes);
    if (typeof changes === 'string') {
      writeFileSync(join(directory, 'pack.json'), changes);
    }
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID', ...naming(named) });
  });

  const escapes = [
    '../secret',
    '/etc/hostname',
    'lvlm/../../secret',
    'C:/secret',
    'lvlm\\secret',
    './LICENSE',
    'a//b',
    '',
  ];
  test.each(escapes)('the path %j', async (path) => {
    writeFileSync(join(scratch, 'secret'), 'secret');
    const files = tinyPackFiles();
    const manifest = tinyManifest(files) as { files: unknown[] };
    manifest.files.push({ path, bytes: 6, sha256: '0'.repeat(64) });
    writePack(directory, files, { files: manifest.files });
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID' });
    await expect(verify()).rejects.toMatchObject({ code: 'PACK_INVALID' });
  });

  test.each(['license', 'pack.json'])('%s a second time', async (path) => {
    const files = tinyPackFiles();
    const manifest = tinyManifest(files) as { files: unknown[] };
    manifest.files.push({ path, bytes: 6, sha256: '0'.repeat(64) });
    writePack(directory, files, { files: manifest.files });
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID', ...naming(path) });
  });
});

describe('a pack that is not whole', () => {
  test('names every missing file', async () => {
    writePack(directory);
    rmSync(join(directory, 'lvlm/tokenizer.json'));
    rmSync(join(directory, 'segmenter/config.json'));
    await expect(loadPack(directory)).rejects.toMatchObject({
      code: 'PACK_INCOMPLETE',
      ...naming('lvlm/tokenizer.json', 'segmenter/config.json'),
    });
    expect(await statesOf()).toEqual({ 'lvlm/tokenizer.json': 'missing', 'segmenter/config.json': 'missing' });
  });

  test('names a model that the manifest does not list', async () => {
    writePack(directory, filesWithout('lvlm/onnx/embed_tokens.onnx'));
    await expect(loadPack(directory)).rejects.toMatchObject({
      code: 'PACK_INCOMPLETE',
      ...naming('lvlm/onnx/embed_tokens'),
    });
  });

  test('names external data that the manifest does not list', async () => {
    writePack(directory, filesWithout('lvlm/onnx/decoder_model_merged.onnx_data'));
    await expect(loadPack(directory)).rejects.toMatchObject({
      code: 'PACK_INCOMPLETE',
      ...naming('decoder_model_merged.onnx_data'),
    });
  });

  test('names a file of another size', async () => {
    writePack(directory);
    truncateSync(join(directory, 'lvlm/onnx/vision_encoder.onnx'), 20);
    await expect(loadPack(directory)).rejects.toMatchObject({
      code: 'PACK_DAMAGED',
      ...naming('lvlm/onnx/vision_encoder.onnx', 'got 20 bytes'),
    });
    expect(await statesOf()).toEqual({ 'lvlm/onnx/vision_encoder.onnx': 'wrong-size' });
  });

  test('names a file with one changed byte', async () => {
    writePack(directory);
    const path = join(directory, 'lvlm/onnx/decoder_model_merged.onnx_data');
    const bytes = readFileSync(path);
    bytes[500] = 8;
    writeFileSync(path, bytes);
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_DAMAGED', ...naming('wrong SHA-256') });
    expect(await statesOf()).toEqual({ 'lvlm/onnx/decoder_model_merged.onnx_data': 'wrong-sum' });
  });

  test('names a file that does not belong to it, and works', async () => {
    writePack(directory);
    writeFileSync(join(directory, 'lvlm/extra.bin'), 'x');
    expect(await statesOf()).toEqual({ 'lvlm/extra.bin': 'not-in-manifest' });
    expect((await verify()).ok).toBe(true);
  });

  test.each([
    ['a text', Buffer.from('this is no model at all')],
    ['half a model', tinyOnnx().subarray(0, 30)],
    ['nothing', Buffer.alloc(0)],
  ])('names a model file that is %s', async (_name, content) => {
    writePack(directory, { ...tinyPackFiles(), 'segmenter/onnx/vision_encoder.onnx': content });
    await expect(loadPack(directory)).rejects.toMatchObject({
      code: 'PACK_DAMAGED',
      ...naming('segmenter/onnx/vision_encoder.onnx'),
    });
  });
});

describe('nothing outside the folder is read', () => {
  test('not through a link to a file', async () => {
    const secret = join(scratch, 'secret');
    writeFileSync(secret, '{}');
    writePack(directory);
    rmSync(join(directory, 'lvlm/tokenizer.json'));
    symlinkSync(secret, join(directory, 'lvlm/tokenizer.json'));
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID', ...naming('leads out') });
    expect(await statesOf()).toEqual({ 'lvlm/tokenizer.json': 'missing' });
  });

  test('not through a link to a folder', async () => {
    const outside = writePack(join(scratch, 'outside'));
    writePack(directory);
    rmSync(join(directory, 'segmenter'), { recursive: true });
    symlinkSync(join(outside, 'segmenter'), join(directory, 'segmenter'));
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID', ...naming('leads out') });
  });

  test('not through pack.json', async () => {
    const outside = writePack(join(scratch, 'outside'));
    writePack(directory);
    rmSync(join(directory, 'pack.json'));
    symlinkSync(join(outside, 'pack.json'), join(directory, 'pack.json'));
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID', ...naming('leads out') });
  });

  test.each(['../../../secret', '/etc/hostname', 'sub\\..\\secret'])(
    'not through external data at %s',
    async (external) => {
      const files = { ...tinyPackFiles(), 'lvlm/onnx/vision_encoder.onnx': tinyOnnx({ external }) };
      writePack(directory, files);
      await expect(loadPack(directory)).rejects.toMatchObject({
        code: 'PACK_INVALID',
        ...naming('vision_encoder.onnx'),
      });
    },
  );

  test('not through external data of a nested graph', async () => {
    const files = {
      ...tinyPackFiles(),
      'lvlm/onnx/vision_encoder.onnx': tinyOnnx({ external: '../../../secret', nested: true }),
    };
    writePack(directory, files);
    await expect(loadPack(directory)).rejects.toMatchObject({ code: 'PACK_INVALID' });
  });

  test('but a pack may itself be reached through a link', async () => {
    writePack(join(scratch, 'real'));
    symlinkSync(join(scratch, 'real'), directory);
    expect((await loadPack(directory)).manifest.id).toBe('tiny');
  });
});

describe('listPacks', () => {
  test('lists what can be used and reports the rest', async () => {
    const embeddedDirectory = writePack(join(scratch, 'embedded'), tinyPackFiles(), { id: 'embedded' });
    const userDirectory = join(scratch, 'user');
    writePack(join(userDirectory, 'b'), tinyPackFiles(), { id: 'b' });
    writePack(join(userDirectory, 'a'), tinyPackFiles(), { id: 'a' });
    mkdirSync(join(userDirectory, 'broken'));
    mkdirSync(join(userDirectory, '.importing-1'));
    const problems: string[] = [];
    const packs = await listPacks({
      embeddedDirectory,
      userDirectory,
      signal,
      onProblem: (at, error) => problems.push(`${at} ${error.code}`),
    });
    expect(packs.map(({ id, embedded }) => [id, embedded])).toEqual([
      ['embedded', true],
      ['a', false],
      ['b', false],
    ]);
    expect(problems).toEqual([`${join(userDirectory, 'broken')} PACK_FOREIGN`]);
  });

  test('lists the others beside folders that the system cannot look into', async () => {
    const embeddedDirectory = writePack(join(scratch, 'embedded'));
    const userDirectory = join(scratch, 'user');
    const loop = join(writePack(join(userDirectory, 'loop')), 'LICENSE');
    rmSync(loop);
    symlinkSync('LICENSE', loop);
    const longName = 'x'.repeat(300);
    writePack(
      join(userDirectory, 'long'),
      { LICENSE: '' },
      { licence: { id: 'none', file: longName }, files: [{ path: longName, bytes: 1, sha256: '0'.repeat(64) }] },
    );
    const problems: string[] = [];
    const packs = await listPacks({
      embeddedDirectory,
      userDirectory,
      signal,
      onProblem: (at, error) => problems.push(`${at} ${error.code} ${error.message}`),
    });
    expect(packs).toHaveLength(1);
    expect(problems).toEqual([
      expect.stringMatching(/long INPUT_NOT_READABLE .*x cannot be read \(ENAMETOOLONG\)/),
      expect.stringMatching(/loop INPUT_NOT_READABLE .*LICENSE cannot be read \(ELOOP\)/),
    ]);
  });

  test('needs no folder of imported packs', async () => {
    const embeddedDirectory = writePack(directory);
    const userDirectory = join(scratch, 'nowhere');
    const onProblem = (): never => expect.unreachable();
    expect(await listPacks({ embeddedDirectory, userDirectory, signal, onProblem })).toHaveLength(1);
  });
});
