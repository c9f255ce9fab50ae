import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { convByThrees } from '../../../src-main/core/inference/conv-by-threes.ts';
import {
  chooseAmong,
  chooseProvider,
  probeProviders,
  type ProbeOptions,
} from '../../../src-main/core/inference/providers.ts';
import { buildEntry, type BuiltEntry } from '../../support/build-entry.ts';
import { softwareVulkan } from '../../support/software-vulkan.ts';

const resourcesDirectory = resolve(import.meta.dirname, '../../../resources');
let entry: BuiltEntry;
let scratch: string;
/** Shows a graphics card, whatever the machine has. */
let deviceDirectory: string;

beforeAll(async () => {
  entry = await buildEntry('src-main/engine/probe-entry.ts');
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-probe-'));
  deviceDirectory = join(scratch, 'devices');
  mkdirSync(join(deviceDirectory, 'dri'), { recursive: true });
  writeFileSync(join(deviceDirectory, 'dri', 'renderD128'), '');
});

afterAll(() => {
  entry.remove();
  rmSync(scratch, { recursive: true });
});

function options(changes: Partial<ProbeOptions> = {}): ProbeOptions {
  return {
    resourcesDirectory,
    probeEntryPath: entry.path,
    signal: new AbortController().signal,
    threads: 1,
    deviceDirectory,
    // No driver answers, whatever the machine has.
    environment: { ...process.env, VK_ICD_FILENAMES: '/nowhere', VK_DRIVER_FILES: '/nowhere' },
    ...changes,
  };
}

/** A probe process that does what a broken driver does. */
function brokenEntry(name: string, body: string): string {
  const path = join(scratch, `${name}.cjs`);
  writeFileSync(path, body);
  return path;
}

describe('chooseProvider', () => {
  test('takes the CPU without a probe when it is asked for', async () => {
    const selection = await chooseProvider('cpu', options({ probeEntryPath: '/nowhere' }));
    expect(selection).toMatchObject({ provider: 'cpu', choice: 'cpu' });
    expect(selection.note).toBeUndefined();
  });

  test.runIf(process.platform === 'linux')('refuses dml on Linux instead of computing on the CPU', async () => {
    await expect(chooseProvider('dml', options())).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining('only on Windows') as string,
    });
  });

  test.runIf(process.platform === 'linux')('auto falls back to the CPU and says why nothing better runs', async () => {
    const selection = await chooseProvider('auto', options());
    expect(selection.provider).toBe('cpu');
    expect(selection.note).toMatch(/^runs on cpu; cuda: .+; dml: .+; webgpu: .+/u);
    expect(selection.reports.map((report) => report.provider)).toEqual(['cuda', 'dml', 'webgpu', 'cpu']);
  });

  test.runIf(process.platform === 'linux')(
    'a probe process that crashes is a provider that does not work',
    async () => {
      const probeEntryPath = brokenEntry('crash', 'console.error("device lost"); process.abort();');
      await expect(chooseProvider('webgpu', options({ probeEntryPath }))).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        message: expect.stringMatching(/webgpu does not work here: crashed .*SIGABRT/u) as string,
      });
    },
  );

  test.runIf(process.platform === 'linux')('names the library without which a driver ended the process', async () => {
    const cannotOpen =
      "libcudnn.so.9: failed to load library 'libcudnn.so.9' via dlopen: libcudnn.so.9: cannot open shared object file";
    const body = `console.error("implib-gen: ${cannotOpen}"); console.error("Aborted"); process.abort();`;
    const probeEntryPath = brokenEntry('no-cudnn', body);
    await expect(chooseProvider('webgpu', options({ probeEntryPath }))).rejects.toMatchObject({
      message: expect.stringContaining(
        'crashed on the probe model (signal SIGABRT): the library libcudnn.so.9 of cuDNN was not found',
      ) as string,
    });
  });

  test.runIf(process.platform === 'linux')('a probe process that hangs is a provider that does not work', async () => {
    const probeEntryPath = brokenEntry('hang', 'setInterval(() => undefined, 1000);');
    const selection = await chooseProvider('auto', options({ probeEntryPath, timeoutMs: 300 }));
    expect(selection.provider).toBe('cpu');
    expect(selection.note).toContain('webgpu: did not answer within 0.3 s');
  });

  test.runIf(process.platform === 'linux')('stops when asked to', async () => {
    const probeEntryPath = brokenEntry('hang-again', 'setInterval(() => undefined, 1000);');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const choosing = chooseProvider('webgpu', options({ probeEntryPath, signal: controller.signal }));
    await expect(choosing).rejects.toMatchObject({ name: 'AbortError' });
  });

  test.runIf(process.platform === 'linux')(
    'auto starts no driver where there is no graphics card, and says so',
    async () => {
      const probeEntryPath = brokenEntry('never-started', 'setInterval(() => undefined, 1000);');
      const empty = join(scratch, 'no-devices');
      mkdirSync(join(empty, 'dri'), { recursive: true });
      writeFileSync(join(empty, 'dri', 'card0'), '');
      const selection = await chooseProvider('auto', options({ probeEntryPath, deviceDirectory: empty }));
      expect(selection.provider).toBe('cpu');
      expect(selection.note).toMatch(/webgpu: no graphics card .* would compute in software/u);
    },
  );

  test('auto leaves small models on the CPU without a probe, and says why', async () => {
    const small = await chooseProvider('auto', options({ modelBytes: 20e6, probeEntryPath: '/nowhere' }));
    expect(small).toMatchObject({ provider: 'cpu', choice: 'auto', usable: [{ provider: 'cpu' }] });
    expect(small.note).toBe(
      'runs on cpu: models of 20 MB answer on it before a graphics card is ready; auto asks one above 64 MB',
    );
  });

  test.runIf(process.platform === 'linux')('looks for a graphics card all the same when one is asked for', async () => {
    const probeEntryPath = brokenEntry('small-but-asked', 'process.abort();');
    const asked = chooseProvider('webgpu', options({ modelBytes: 20e6, probeEntryPath }));
    await expect(asked).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    const large = await chooseProvider('auto', options({ modelBytes: 2e9, probeEntryPath }));
    expect(large.note).toContain('webgpu: crashed');
  });

  test('says that the installation is incomplete when its own files are missing', async () => {
    await expect(probeProviders(options({ resourcesDirectory: scratch }))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('probe.onnx is missing') as string,
    });
  });
});

describe('chooseAmong', () => {
  const cpu = { provider: 'cpu', works: true, supportsFp16: true } as const;
  const slow = { provider: 'webgpu', works: true, reason: 'slower', speed: { providerMs: 9, cpuMs: 3 } } as const;
  const fast = { provider: 'webgpu', works: true, speed: { providerMs: 1, cpuMs: 3 } } as const;
  const broken = { provider: 'cuda', works: false, reason: 'not installed' } as const;

  test('takes the first provider that works and is faster than the CPU', () => {
    expect(chooseAmong([broken, fast, cpu])).toMatchObject({
      provider: 'webgpu',
      usable: [fast, cpu],
      note: 'runs on webgpu; cuda: not installed',
    });
    expect(chooseAmong([fast, cpu]).note).toBeUndefined();
  });

  test('leaves small models on the CPU, however fast another is', () => {
    expect(chooseAmong([fast, cpu], 20e6)).toMatchObject({ provider: 'cpu', usable: [cpu] });
    expect(chooseAmong([fast, cpu], 65e6)).toMatchObject({ provider: 'webgpu' });
  });

  test('leaves one that works and is slower, and says so', () => {
    const selection = chooseAmong([broken, slow, cpu]);
    expect(selection).toMatchObject({
      provider: 'cpu',
      usable: [cpu],
      note: 'runs on cpu; cuda: not installed; webgpu: slower',
    });
  });
});

describe('probeProviders', () => {
  test('finds that the CPU computes what the reference implementation of ONNX computes', async () => {
    const reports = await probeProviders(options());
    const cpu = reports.at(-1);
    expect(cpu).toMatchObject({ provider: 'cpu', works: true });
    expect(cpu?.maxDifference).toBeLessThan(1e-5);
  });

  test('refuses a CPU that computes wrong', async () => {
    const wrong = join(scratch, 'wrong');
    cpSync(join(resourcesDirectory, 'probe'), join(wrong, 'probe'), { recursive: true });
    writeFileSync(join(wrong, 'probe', 'probe_expected.f32'), Buffer.alloc(4 * 4 * 32 * 32, 0x3f));
    const reports = await probeProviders(options({ resourcesDirectory: wrong }));
    expect(reports.at(-1)).toMatchObject({ works: false, reason: expect.stringContaining('computes wrong') as string });
  });
});

describe.skipIf(softwareVulkan.missing !== null)(
  `webgpu on a software driver (${softwareVulkan.missing ?? 'present'})`,
  () => {
    // Compiling shaders in software takes a while on a busy machine.
    const software = { environment: softwareVulkan.environment, timeoutMs: 600_000 };

    test('computes what the CPU computes, without fp16, and is named slow', { timeout: 650_000 }, async () => {
      const reports = await probeProviders(options(software));
      const webgpu = reports.find((report) => report.provider === 'webgpu');
      expect(webgpu).toMatchObject({ works: true, supportsFp16: false });
      expect(webgpu?.maxDifference).toBeLessThan(1e-4);
      expect(webgpu?.reason).toContain('slower than the CPU');
      expect(webgpu?.reason).toContain('f16');
      // ONNX Runtime 1.30 computes both wrong: long prompts where subgroups have four lanes, and convolutions over 6, 9, 15
      // channels. When this fails, a kernel was mended.
      expect(webgpu?.wrongOperators).toEqual(['GroupQueryAttention', convByThrees]);
    });

    test('is taken when asked for, with a note', { timeout: 650_000 }, async () => {
      const selection = await chooseProvider('webgpu', options(software));
      expect(selection.provider).toBe('webgpu');
      expect(selection.note).toContain('slower than the CPU');
    });

    test('is never taken by auto, and the figures say why', { timeout: 650_000 }, async () => {
      const selection = await chooseProvider('auto', options(software));
      expect(selection.provider).toBe('cpu');
      expect(selection.note).toMatch(/webgpu: slower than the CPU \([\d.]+ ms against [\d.]+ ms/u);
    });
  },
);
