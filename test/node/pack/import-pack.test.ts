import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { ForeignDescription } from '../../../src-main/core/pack/foreign-pack.ts';
import { importPack, type ImportOptions } from '../../../src-main/core/pack/import-pack.ts';
import {
  makeImportScratch,
  moveIntoPlace,
  removeAbandonedImports,
} from '../../../src-main/core/pack/import-scratch.ts';
import { loadPack } from '../../../src-main/core/pack/load-pack.ts';
import { surveyPack } from '../../../src-main/core/pack/survey-pack.ts';
import { verifyPack } from '../../../src-main/core/pack/verify-pack.ts';
import { tinyOnnx } from '../../support/onnx-bytes.ts';
import { tinyPackFiles, writeFiles, writePack, type PackFiles } from '../../support/tiny-pack.ts';

let scratch: string;
let source: string;
let packsDirectory: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-import-'));
  source = join(scratch, 'source');
  packsDirectory = join(scratch, 'data', 'packs');
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
});

function options(changes: Partial<ImportOptions> = {}): ImportOptions {
  return {
    packsDirectory,
    foreign: null,
    overwrite: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...changes,
  };
}

/** What lies in the user's folder, hidden names too. */
function packsThere(): string[] {
  try {
    return readdirSync(packsDirectory).sort();
  } catch {
    return [];
  }
}

describe('a pack', () => {
  test('is copied with the same identity, and without files it does not list', async () => {
    writePack(source);
    writeFileSync(join(source, 'unknown.bin'), 'not mine');
    const seen: number[] = [];
    const pack = await importPack(source, options({ onProgress: (event) => seen.push(event.done ?? -1) }));
    expect(pack.directory).toBe(join(packsDirectory, 'tiny'));
    expect(pack.sha256).toBe((await loadPack(source)).sha256);
    expect(pack.licenceText).toContain('Licence');
    expect(packsThere()).toEqual(['tiny']);
    expect(readdirSync(pack.directory)).not.toContain('unknown.bin');
    expect(seen.length).toBeGreaterThan(0);
  });

  test('is not replaced unless asked, and the old one stays as it was', async () => {
    writePack(source);
    const before = await importPack(source, options());
    writePack(source, { ...tinyPackFiles(), LICENSE: 'Changed.\n' });
    await expect(importPack(source, options())).rejects.toMatchObject({ code: 'PACK_EXISTS' });
    expect((await loadPack(before.directory)).sha256).toBe(before.sha256);
    const after = await importPack(source, options({ overwrite: true }));
    expect(after.licenceText).toBe('Changed.\n');
    expect(packsThere()).toEqual(['tiny']);
  });

  test('with a wrong sum is refused and leaves nothing', async () => {
    writePack(source);
    writeFileSync(join(source, 'lvlm/onnx/decoder_model_merged.onnx_data'), Buffer.alloc(1000, 8));
    await expect(importPack(source, options())).rejects.toMatchObject({
      code: 'PACK_DAMAGED',
      message: expect.stringContaining('decoder_model_merged.onnx_data') as string,
    });
    expect(packsThere()).toEqual([]);
  });

  test('that is damaged does not replace a whole one', async () => {
    writePack(source);
    const before = await importPack(source, options());
    writeFileSync(join(source, 'LICENSE'), 'x');
    await expect(importPack(source, options({ overwrite: true }))).rejects.toMatchObject({ code: 'PACK_DAMAGED' });
    expect((await loadPack(before.directory)).sha256).toBe(before.sha256);
    expect(packsThere()).toEqual(['tiny']);
  });

  test('with a missing file is refused', async () => {
    writePack(source);
    rmSync(join(source, 'segmenter/config.json'));
    await expect(importPack(source, options())).rejects.toMatchObject({ code: 'PACK_INCOMPLETE' });
    expect(packsThere()).toEqual([]);
  });

  test('with a link that leads out is refused', async () => {
    writePack(source);
    writeFileSync(join(scratch, 'secret'), 'Licence of the tiny pack.\n');
    rmSync(join(source, 'LICENSE'));
    symlinkSync(join(scratch, 'secret'), join(source, 'LICENSE'));
    await expect(importPack(source, options())).rejects.toMatchObject({ code: 'PACK_INVALID' });
    expect(packsThere()).toEqual([]);
  });

  test('that is cancelled leaves nothing', async () => {
    writePack(source, { ...tinyPackFiles(), 'lvlm/onnx/decoder_model_merged.onnx_data': Buffer.alloc(8 * 2 ** 20) });
    const controller = new AbortController();
    let calls = 0;
    const onProgress = (): void => {
      calls++;
      if (calls === 6) {
        controller.abort();
      }
    };
    const importing = importPack(source, options({ signal: controller.signal, onProgress }));
    await expect(importing).rejects.toMatchObject({ name: 'AbortError' });
    expect(packsThere()).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)(
    'into a folder that cannot be written is an output error (skipped for root, whom permissions do not stop)',
    async () => {
      writePack(source);
      mkdirSync(packsDirectory, { recursive: true });
      chmodSync(packsDirectory, 0o500);
      await expect(importPack(source, options())).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
      chmodSync(packsDirectory, 0o700);
    },
  );

  test('into a place that is a file is an output error', async () => {
    writePack(source);
    writeFileSync(join(scratch, 'data'), 'in the way');
    await expect(importPack(source, options())).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  });

  test('that cannot be read to its end is named, not the place that it is copied to', async () => {
    const path = join(writePack(source), 'segmenter/onnx/vision_encoder.onnx');
    const onProgress = (): void => rmSync(path, { force: true });
    await expect(importPack(source, options({ onProgress }))).rejects.toMatchObject({
      code: 'INPUT_NOT_READABLE',
      message: expect.stringContaining(`${path} cannot be read (ENOENT)`) as string,
    });
    expect(packsThere()).toEqual([]);
  });

  test('needs no description', async () => {
    writePack(source);
    await expect(importPack(source, options({ foreign: description() }))).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a check of an imported pack', () => {
  test('finds that it could answer nothing although every file is as listed', async () => {
    const files = tinyPackFiles();
    writePack(source, { LICENSE: files['LICENSE'] ?? '' });
    await expect(verifyPack(source, options())).rejects.toMatchObject({ code: 'PACK_INCOMPLETE' });
    writePack(source, { ...files, 'lvlm/chat_template.jinja': 'no image' });
    await expect(verifyPack(source, options())).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringContaining('places no image') as string,
    });
    writePack(source, files, { frame: { width: 281, height: 280 } });
    await expect(verifyPack(source, options())).rejects.toMatchObject({ code: 'PACK_INVALID' });
  });
});

describe('an import that was killed', () => {
  /** Gives its folder to a process that has ended: no process has this number. */
  function abandon(directory: string): void {
    renameSync(directory, join(packsDirectory, `.importing-4194999-1-${hostname()}-0123abcd`));
  }

  test('leaves nothing to the next one', async () => {
    writePack(source);
    const { directory, packDirectory } = await makeImportScratch(packsDirectory);
    writeFileSync(join(packDirectory, 'half'), 'of it');
    abandon(directory);
    mkdirSync(join(packsDirectory, '.importing-3b1f8a52-77ab-4f6e-9a39-6a1b2f5c9d10'));
    await importPack(source, options());
    expect(packsThere()).toEqual(['tiny']);
  });

  test('gives the pack back that it had set aside', async () => {
    writePack(source);
    const pack = await importPack(source, options());
    const { directory, replacedDirectory } = await makeImportScratch(packsDirectory);
    renameSync(pack.directory, join(replacedDirectory, 'tiny'));
    abandon(directory);
    await removeAbandonedImports(packsDirectory);
    expect(packsThere()).toEqual(['tiny']);
    expect((await loadPack(pack.directory)).sha256).toBe(pack.sha256);
  });

  test('keeps the new pack where it was in place already', async () => {
    writePack(source);
    const pack = await importPack(source, options());
    const scratch = await makeImportScratch(packsDirectory);
    writePack(scratch.packDirectory, { ...tinyPackFiles(), LICENSE: 'Changed.\n' });
    await moveIntoPlace(scratch, pack.directory);
    abandon(scratch.directory);
    await removeAbandonedImports(packsDirectory);
    expect(packsThere()).toEqual(['tiny']);
    expect((await loadPack(pack.directory)).licenceText).toBe('Changed.\n');
  });

  test('is told from one that goes on, here or on another machine', async () => {
    const { directory } = await makeImportScratch(packsDirectory);
    const elsewhere = join(packsDirectory, '.importing-4194999-1-another-machine.example-0123abcd');
    mkdirSync(elsewhere);
    await removeAbandonedImports(packsDirectory);
    expect(packsThere().map((name) => join(packsDirectory, name))).toEqual([directory, elsewhere].sort());
  });
});

function description(changes: Partial<ForeignDescription> = {}): ForeignDescription {
  const licencePath = join(scratch, 'qwen-licence.txt');
  writeFileSync(licencePath, 'Licence of the weights.\n');
  return {
    id: 'foreign',
    title: 'Foreign weights',
    promptTemplate: 'Locate {question}.',
    licenceId: 'qwen-research',
    licencePath,
    frame: { width: 840, height: 840 },
    ...changes,
  };
}

/** A folder as public conversions lay it out: two repositories side by side, other names, files nobody asked for. */
function foreignFolder(changes: PackFiles = {}): void {
  const files: PackFiles = { ...tinyPackFiles() };
  delete files['LICENSE'];
  const renamed = Object.entries({ ...files, ...changes }).map(([path, content]): [string, Buffer | string] => [
    path.replace(/^lvlm\//u, 'Qwen2.5-VL-3B/').replace(/^segmenter\//u, 'sam2.1-tiny/'),
    content,
  ]);
  writeFiles(source, Object.fromEntries(renamed));
  writeFiles(source, { 'Qwen2.5-VL-3B/model.safetensors': 'unwanted', 'docs/readme.txt': 'unwanted' });
}

describe('a folder in the transformers.js layout', () => {
  test('becomes a pack with right sums, the given template and licence', async () => {
    foreignFolder({
      'lvlm/onnx/decoder_model_merged_q4f16.onnx': tinyOnnx({ external: 'decoder_model_merged_q4f16.onnx_data' }),
      'lvlm/onnx/decoder_model_merged_q4f16.onnx_data': Buffer.alloc(10),
      'lvlm/onnx/vision_encoder_bnb4.onnx': tinyOnnx({ external: 'vision_encoder_bnb4.onnx_data_1' }),
      'lvlm/onnx/vision_encoder_bnb4.onnx_data_1': Buffer.alloc(10),
      'lvlm/README.md': 'about',
    });
    const pack = await importPack(source, options({ foreign: description() }));
    const paths = pack.manifest.files.map(({ path }) => path);
    expect(paths).toContain('lvlm/onnx/decoder_model_merged_q4f16.onnx_data');
    expect(paths).toContain('lvlm/onnx/vision_encoder_bnb4.onnx_data_1');
    expect(paths).toContain('lvlm/chat_template.jinja');
    expect(paths.some((path) => path.includes('safetensors'))).toBe(false);
    expect(pack.models.lvlmDecoder.map(({ precision }) => precision)).toEqual(['fp32', 'q4f16']);
    expect(pack.recipe.promptTemplate).toBe('Locate {question}.');
    expect(pack.licenceText).toBe('Licence of the weights.\n');
    const verification = await verifyPack(pack.directory, options());
    expect(verification.ok).toBe(true);
    expect(verification.files.every(({ state }) => state === 'ok')).toBe(true);
    expect(readFileSync(join(pack.directory, 'pack.json'), 'utf8')).toContain('"schema": 1');
  });

  test('may be called lvlm and segmenter already', async () => {
    writeFiles(source, tinyPackFiles());
    expect((await importPack(source, options({ foreign: description() }))).manifest.id).toBe('foreign');
  });

  const refusals: [string, PackFiles, Partial<ForeignDescription>, string, string][] = [
    ['an id that is a path', {}, { id: '../x' }, 'PACK_INVALID', 'id'],
    ['a template without the question', {}, { promptTemplate: 'Find' }, 'PACK_INVALID', 'template'],
    ['no licence file', {}, { licencePath: '/nowhere/LICENSE' }, 'INPUT_NOT_FOUND', 'licence'],
    [
      'weights that are missing',
      { 'lvlm/onnx/vision_encoder.onnx': tinyOnnx({ external: 'vision_encoder.onnx_data' }) },
      {},
      'PACK_INCOMPLETE',
      'vision_encoder.onnx_data',
    ],
    [
      'weights outside',
      { 'lvlm/onnx/vision_encoder.onnx': tinyOnnx({ external: '../../../../etc/hostname' }) },
      {},
      'PACK_INVALID',
      'etc/hostname',
    ],
    ['a frame that the processor would reduce', {}, { frame: { width: 868, height: 840 } }, 'PACK_INVALID', '840'],
    ['a frame that patches do not fill', {}, { frame: { width: 281, height: 281 } }, 'PACK_INVALID', 'multiples of 28'],
    ['an empty tokenizer', { 'lvlm/tokenizer.json': '{}' }, {}, 'PACK_FOREIGN', 'byte-level decoder'],
    [
      'a tokenizer without a vocabulary',
      { 'lvlm/tokenizer.json': '{"decoder":{"type":"ByteLevel"}}' },
      {},
      'PACK_DAMAGED',
      'lvlm/tokenizer.json is no usable tokenizer',
    ],
    [
      'a tokenizer without settings',
      { 'lvlm/tokenizer_config.json': '[' },
      {},
      'PACK_DAMAGED',
      'tokenizer_config.json',
    ],
    ['a chat template that is none', { 'lvlm/chat_template.jinja': '{% if %}' }, {}, 'PACK_INVALID', 'does not work'],
    ['a chat template without an image', { 'lvlm/chat_template.jinja': 'x' }, {}, 'PACK_INVALID', 'places no image'],
    [
      'a segmenter for another kind of picture',
      { 'segmenter/preprocessor_config.json': '{"size":{"longest_edge":1024}}' },
      {},
      'PACK_FOREIGN',
      'segmenter/preprocessor_config.json',
    ],
    ['a model that is none', { 'segmenter/onnx/vision_encoder.onnx': 'text' }, {}, 'PACK_DAMAGED', 'vision_encoder'],
  ];
  test.each(refusals)('is refused with %s', async (_name, files, changes, code, named) => {
    foreignFolder(files);
    await expect(importPack(source, options({ foreign: description(changes) }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named) as string,
    });
    expect(packsThere()).toEqual([]);
  });

  test.each(['chat_template.jinja', 'tokenizer_config.json', 'config.json'])(
    'is refused without %s, with no advice to do what was just done',
    async (name) => {
      foreignFolder();
      rmSync(join(source, 'Qwen2.5-VL-3B', name));
      const refused = importPack(source, options({ foreign: description() }));
      await expect(refused).rejects.toMatchObject({
        code: 'PACK_INCOMPLETE',
        message: expect.stringMatching(/^(?!.*(again|\.importing)).*lvlm/) as string,
      });
      expect(packsThere()).toEqual([]);
    },
  );

  test('is refused without a description, and without a segmenter', async () => {
    foreignFolder();
    await expect(importPack(source, options())).rejects.toMatchObject({ code: 'PACK_FOREIGN' });
    rmSync(join(source, 'sam2.1-tiny'), { recursive: true });
    await expect(importPack(source, options({ foreign: description() }))).rejects.toMatchObject({
      code: 'PACK_FOREIGN',
      message: expect.stringContaining('segmenter/onnx/vision_encoder') as string,
    });
  });

  test('is refused with two language models', async () => {
    foreignFolder();
    writeFiles(join(source, 'another'), { 'onnx/decoder_model.onnx': tinyOnnx(), 'config.json': '{}' });
    await expect(importPack(source, options({ foreign: description() }))).rejects.toMatchObject({
      code: 'PACK_FOREIGN',
      message: expect.stringContaining('more than one') as string,
    });
  });
});

describe('a look into a folder', () => {
  test('finds out which models it holds, what they weigh and where its licence lies', async () => {
    source = join(scratch, 'My Qwen & SAM');
    foreignFolder({ 'lvlm/LICENSE.txt': 'Qwen licence.\n' });
    const survey = await surveyPack(source);
    expect(survey).toMatchObject({
      kind: 'foreign',
      folders: { lvlm: 'Qwen2.5-VL-3B', segmenter: 'sam2.1-tiny' },
      suggestedId: 'my-qwen-sam',
      licencePath: join(source, 'Qwen2.5-VL-3B', 'LICENSE.txt'),
    });
    const models = survey.kind === 'foreign' ? survey.models.map(({ path }) => path) : [];
    expect(models.sort()).toEqual([
      'lvlm/onnx/decoder_model_merged.onnx',
      'lvlm/onnx/embed_tokens.onnx',
      'lvlm/onnx/vision_encoder.onnx',
      'segmenter/onnx/prompt_encoder_mask_decoder.onnx',
      'segmenter/onnx/vision_encoder.onnx',
    ]);
    const pack = await importPack(source, options({ foreign: description() }));
    const copied = pack.manifest.files.filter(({ path }) => path !== 'LICENSE');
    expect(survey).toMatchObject({ bytes: copied.reduce((sum, { bytes }) => sum + bytes, 0) });
  });

  test('knows a pack, and refuses what is neither', async () => {
    expect(await surveyPack(writePack(source))).toEqual({ kind: 'pack' });
    await expect(surveyPack(scratch)).rejects.toMatchObject({ code: 'PACK_FOREIGN' });
    await expect(surveyPack(join(scratch, 'nowhere'))).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' });
  });
});
