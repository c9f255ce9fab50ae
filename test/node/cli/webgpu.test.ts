/** One question answered on WebGPU and on the CPU by the embedded pack: the same prompts, the same polygons. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderName } from '../../../src-main/contract/provider.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { runThink2seg } from '../../support/command-line.ts';
import { softwareVulkan } from '../../support/software-vulkan.ts';

const scene = resolve(import.meta.dirname, '../../../resources/sample/harbour.tif');
/** One tank of several: the answer is short, which matters to a driver a hundred times slower than the CPU. */
const question = 'Where is the largest storage tank?';
const patienceMs = 600_000;

interface Run {
  result: SegmentResult;
  /** Every pixel edge of the masks, since nothing is simplified. */
  geometries: unknown[];
  rawAnswer: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-webgpu-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask(provider: ProviderName): Promise<Run> {
  const output = join(folder, `${provider}.geojson`);
  const { VK_ICD_FILENAMES, LD_LIBRARY_PATH } = softwareVulkan.environment;
  const { status, stdout, stderr } = await runThink2seg(
    ['segment', scene, '--query', question, '--provider', provider, '--simplify', '0', '--json', '-o', output],
    // A folder for temporary files of its own: whoever else computes on the card of this machine is none of this test's business.
    { environment: { VK_ICD_FILENAMES, LD_LIBRARY_PATH, TMPDIR: folder } },
  );
  expect(status, stderr).toBe(0);
  const written = JSON.parse(await readFile(output, 'utf8')) as {
    features: { geometry: unknown }[];
    think2seg: { rawAnswer: string };
  };
  return {
    result: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as SegmentResult,
    geometries: written.features.map(({ geometry }) => geometry),
    rawAnswer: written.think2seg.rawAnswer,
  };
}

describe.skipIf(softwareVulkan.missing !== null)(
  `think2seg segment --provider webgpu on a software driver (${softwareVulkan.missing ?? 'present'})`,
  () => {
    it(
      'gives the answer, the prompts and the polygons of the CPU',
      async () => {
        const cpu = await ask('cpu');
        const webgpu = await ask('webgpu');
        expect(cpu.result.provider).toMatchObject({ lvlm: 'cpu', segmenter: 'cpu' });
        expect(webgpu.result.provider).toMatchObject({ lvlm: 'webgpu', segmenter: 'webgpu' });
        expect(cpu.result.prompts).not.toHaveLength(0);
        expect(cpu.geometries).not.toHaveLength(0);
        expect(webgpu.rawAnswer).toBe(cpu.rawAnswer);
        expect(webgpu.result.prompts).toEqual(cpu.result.prompts);
        expect(webgpu.geometries).toEqual(cpu.geometries);
      },
      patienceMs,
    );
  },
);
