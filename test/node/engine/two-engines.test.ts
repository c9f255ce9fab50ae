/** Two real engines that are asked to compute on the same graphics card, a software driver: what `segment`, `serve` and the window do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EngineClient } from '../../../src-main/app/engine-client.ts';
import { engineForker } from '../../../src-main/cli/fork-engine.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { isGone, processNumbered } from '../../../src-main/core/files/process-owner.ts';
import { childrenOf } from '../../support/process-tree.ts';
import { segmentInput } from '../../support/segment-input.ts';
import { softwareVulkan } from '../../support/software-vulkan.ts';

const repository = resolve(import.meta.dirname, '../../..');
/** The segmenter alone: the language model takes a minute on such a driver. */
const input = segmentInput(join(repository, 'resources/sample/harbour.tif'), {
  question: '',
  promptSource: {
    kind: 'prompts',
    promptsWindowPx: [{ bbox_2d: [100, 100, 300, 300], positive_points: [[200, 200]] }],
  },
  target: { kind: 'window', windowPx: { x: 0, y: 0, width: 400, height: 400 } },
  packDirectory: join(repository, 'models/nano'),
  provider: 'webgpu',
});
const entryPath = join(repository, 'out/main/engine.cjs');

class Engine {
  readonly #client = new EngineClient({
    start: engineForker(entryPath),
    onState: () => undefined,
    onLost: () => Promise.resolve(),
    graceMs: 10_000,
  });

  async segment(changes: Partial<SegmentInput> = {}): Promise<string> {
    const result = await this.#client.call('query.segment', { ...input, ...changes }, 1, () => undefined);
    return (result as SegmentResult).provider.segmenter ?? '';
  }

  unload(): Promise<unknown> {
    return this.#client.call('models.unload', {}, 1, () => undefined);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

describe.skipIf(softwareVulkan.missing !== null)(
  `two engines on one graphics card (${softwareVulkan.missing ?? 'a software driver'})`,
  { timeout: 900_000 },
  () => {
    let scratch: string;
    const engines: Engine[] = [];
    const start = (): Engine => {
      const engine = new Engine();
      engines.push(engine);
      return engine;
    };

    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), 'think2seg-two-engines-'));
      vi.stubEnv('TMPDIR', scratch);
      vi.stubEnv('VK_ICD_FILENAMES', softwareVulkan.environment.VK_ICD_FILENAMES);
      vi.stubEnv('LD_LIBRARY_PATH', softwareVulkan.environment.LD_LIBRARY_PATH);
    });
    afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));
    afterAll(() => {
      vi.unstubAllEnvs();
      rmSync(scratch, { recursive: true, force: true });
    });

    const enginePids = (): number[] =>
      childrenOf(process.pid).flatMap(({ pid, command }) => (command.includes(entryPath) ? [pid] : []));

    it('are refused, unless they share it, unload their models, or die', async () => {
      const [first, second] = [start(), start()];
      expect(await first.segment()).toBe('webgpu');
      const [firstPid = 0] = enginePids();
      await expect(second.segment()).rejects.toMatchObject({
        code: 'GPU_IN_USE',
        message: expect.stringMatching(/graphics card .*is in use by .*--provider cpu.*--share-gpu/) as string,
      });
      expect(await second.segment({ provider: 'cpu' })).toBe('cpu');
      expect(await second.segment({ shareGpu: true })).toBe('webgpu');
      await second.unload();

      await first.unload();
      expect(await second.segment()).toBe('webgpu');
      await expect(first.segment()).rejects.toMatchObject({ code: 'GPU_IN_USE' });

      const secondPid = enginePids().find((pid) => pid !== firstPid) ?? 0;
      const killed = processNumbered(secondPid);
      process.kill(secondPid, 'SIGKILL');
      // A process of this size takes a moment to end, and has its lock until then.
      await vi.waitUntil(() => isGone(killed));
      expect(await first.segment()).toBe('webgpu');
    });
  },
);
