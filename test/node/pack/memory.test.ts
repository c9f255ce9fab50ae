import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { availableMemory, blockCacheBytes, limitMemory } from '../../../src-main/core/inference/available-memory.ts';
import { loadPack, type ModelFile, type Pack } from '../../../src-main/core/pack/load-pack.ts';
import { assertFits, estimateModelBytes } from '../../../src-main/core/pack/memory.ts';
import { tinyPackFiles, writePack } from '../../support/tiny-pack.ts';

/** Shapes of Qwen2.5-VL. */
const shapes = {
  '3B': {
    vision_config: { num_heads: 16 },
    hidden_size: 2048,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    intermediate_size: 11_008,
  },
  '7B': {
    vision_config: { num_heads: 16 },
    hidden_size: 3584,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    intermediate_size: 18_944,
  },
};

let scratch: string;
let pack: Pack;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-memory-'));
  const files = { ...tinyPackFiles(), 'lvlm/config.json': JSON.stringify(shapes['3B']) };
  pack = await loadPack(writePack(scratch, files, { frame: { width: 840, height: 840 } }));
});

afterEach(() => {
  rmSync(scratch, { recursive: true });
});

function file(bytes: number, computesInFloat16 = false): ModelFile {
  return { path: '/nowhere', precision: 'q4', bytes, computesInFloat16, operators: new Set() };
}

describe('estimateModelBytes', () => {
  test('of Qwen2.5-VL-3B in four bits is weights, attention over 3,600 patches, what a prompt takes and the cache', async () => {
    const parts = ['lvlmVision', 'lvlmEmbedding', 'lvlmDecoder'] as const;
    const files = { lvlmVision: file(0.4e9), lvlmEmbedding: file(0.3e9), lvlmDecoder: file(1.95e9) };
    const weights = 1.2 * 2.65e9;
    const attention = 2 * 4 * 16 * 3600 ** 2;
    // 900 tokens of the picture and 512 of the text through layers of width 2,048, 11,008 inside
    const prompt = 4 * (8 * 2048 + 3 * 11_008) * (900 + 512);
    // 36 layers, 2 heads of 128, keys and values, two generations, 900 + 512 + 2048 tokens
    const cache = 2 * 2 * 36 * 2 * 128 * 4 * (900 + 512 + 2048);
    expect(await estimateModelBytes(pack, parts, files)).toBeCloseTo(
      150e6 + weights + 1.1 * (attention + prompt) + cache,
      -4,
    );
  });

  // Largest PSS of the whole program while it was asked, less the 80 MB of the process that starts it: see models/README.md.
  test.each([
    { size: '3B' as const, fileBytes: 2.67e9, measuredBytes: 5.52e9 },
    { size: '7B' as const, fileBytes: 5.4e9, measuredBytes: 9.11e9 },
  ])('of Qwen2.5-VL-$size, is at least what it was measured to take, and not much more', async (lvlm) => {
    writeFileSync(join(scratch, 'lvlm/config.json'), JSON.stringify(shapes[lvlm.size]));
    const short = {
      ...pack,
      manifest: { ...pack.manifest, generation: { ...pack.manifest.generation, maxNewTokens: 32 } },
    };
    const ratio =
      (await estimateModelBytes(short, ['lvlmDecoder'], { lvlmDecoder: file(lvlm.fileBytes) })) / lvlm.measuredBytes;
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(1.1);
  });

  test('counts half precision on a CPU fourfold', async () => {
    const estimate = (half: boolean, provider: 'cpu' | 'cuda'): Promise<number> =>
      estimateModelBytes(pack, ['segmenterDecoder'], { segmenterDecoder: file(1e9, half) }, provider);
    expect(await estimate(true, 'cpu')).toBe(150e6 + 4e9);
    expect(await estimate(false, 'cpu')).toBe(150e6 + 1.2e9);
    expect(await estimate(true, 'cuda')).toBe(150e6 + 1.2e9);
  });

  // Largest PSS of the whole program while it outlined one picture, less the 250 MB that it takes without a model: see models/README.md.
  test.each([
    { size: 'small', channels: 96, fileBytes: 159e6, half: false, measuredBytes: 1165e6 },
    { size: 'small', channels: 96, fileBytes: 80e6, half: true, measuredBytes: 1447e6 },
    { size: 'base-plus', channels: 112, fileBytes: 299e6, half: false, measuredBytes: 1794e6 },
    { size: 'base-plus', channels: 112, fileBytes: 150e6, half: true, measuredBytes: 2877e6 },
    { size: 'large', channels: 144, fileBytes: 874e6, half: false, measuredBytes: 2700e6 },
    { size: 'large', channels: 144, fileBytes: 439e6, half: true, measuredBytes: 4028e6 },
  ])(
    'of SAM 2.1 $size, half precision $half, is at least what it was measured to take, and not twice that',
    async (sam) => {
      const settings = { vision_config: { backbone_config: { hidden_size: sam.channels } } };
      writeFileSync(join(scratch, 'segmenter/config.json'), JSON.stringify(settings));
      writeFileSync(join(scratch, 'segmenter/preprocessor_config.json'), '{"size": {"width": 1024, "height": 1024}}');
      const files = { segmenterVision: file(sam.fileBytes, sam.half) };
      const ratio = (await estimateModelBytes(pack, ['segmenterVision'], files)) / sam.measuredBytes;
      expect(ratio).toBeGreaterThan(1);
      expect(ratio).toBeLessThan(2);
    },
  );

  test('of a segmenter that is no SAM goes by its input alone', async () => {
    writeFileSync(join(scratch, 'segmenter/config.json'), '{"model_type": "other"}');
    const files = { segmenterVision: file(1e6) };
    expect(await estimateModelBytes(pack, ['segmenterVision'], files)).toBe(150e6 + 1.2e6 + 64 * 64 * 400);
  });

  test('names settings that do not say the shape', async () => {
    writeFileSync(join(scratch, 'lvlm/config.json'), '{"hidden_size": 2048}');
    await expect(estimateModelBytes(pack, ['lvlmDecoder'], { lvlmDecoder: file(1) })).rejects.toMatchObject({
      code: 'PACK_INVALID',
      message: expect.stringContaining('num_hidden_layers') as string,
    });
  });
});

test.each([
  { limit: 'machine' as const, words: /3\.1 GB are left of this machine; close other programs/u },
  { limit: 'cgroup' as const, words: /3\.1 GB are left of the cgroup .*; raise the limit of the container or job/u },
  { limit: 'option' as const, words: /3\.1 GB are left of what --memory or the settings allow; allow more/u },
])('a model that cannot fit is refused with both figures and the limit: $limit', ({ limit, words }) => {
  const available = { bytes: 3.1e9, limit };
  const refusal = (): void => assertFits('the language model of pack big', 6.42e9, available);
  expect(refusal).toThrow(expect.objectContaining({ code: 'MEMORY_INSUFFICIENT' }));
  expect(refusal).toThrow(/pack big needs about 6\.4 GB of memory/u);
  expect(refusal).toThrow(words);
  assertFits('a small one', 3e9, available);
});

describe('available memory', () => {
  afterEach(() => limitMemory(null));

  test('is some, and not more than the machine has', () => {
    const { bytes, limit } = availableMemory();
    expect(bytes).toBeGreaterThan(50e6);
    expect(bytes).toBeLessThanOrEqual(totalmem());
    expect(limit).not.toBe('option');
  });

  test('is at most what the user allows, less what is taken, and that never raises another limit', () => {
    const unlimited = availableMemory();
    limitMemory(600e6);
    const limited = availableMemory();
    expect(limited.limit).toBe('option');
    expect(limited.bytes).toBeLessThan(600e6 - process.memoryUsage.rss() / 2);
    expect(blockCacheBytes()).toBe(75e6);
    limitMemory(2 * totalmem());
    expect(availableMemory().limit).toBe(unlimited.limit);
  });

  test('is nothing once more is taken than was allowed', () => {
    limitMemory(1);
    expect(availableMemory()).toEqual({ bytes: 0, limit: 'option' });
  });
});
