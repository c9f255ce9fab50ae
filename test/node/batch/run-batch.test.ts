import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { BatchEvent, ManifestLine } from '../../../src-main/contract/batch.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { SegmentInput } from '../../../src-main/contract/routes.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import type { BatchItem, BatchOptions } from '../../../src-main/core/batch/batch-item.ts';
import { processBatch } from '../../../src-main/core/batch/process-batch.ts';
import type { BatchRun, Executor } from '../../../src-main/core/batch/run-batch.ts';
import { manifestLines as manifestLinesIn } from '../../support/batch-outputs.ts';

const root = mkdtempSync(join(tmpdir(), 't2s-batch-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const options: BatchOptions = {
  bands: null,
  mode: 'native',
  simplifyPx: 1,
  minAreaM2: 0,
  connectivity: 4,
  packDirectory: '/packs/p',
  provider: 'cpu',
  threads: null,
  formats: ['.geojson'],
};

let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

function rasters(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const path = join(folder, `scene-${index}.tif`);
    writeFileSync(path, `raster ${index}`);
    return path;
  });
}

function ask(paths: readonly string[], ...questions: string[]): BatchItem[] {
  return paths.flatMap((rasterPath) =>
    (questions.length === 0 ? ['q'] : questions).map((question) => ({
      rasterPath,
      question,
      target: { kind: 'scene' as const },
    })),
  );
}

/** Writes what it was asked, as an engine does: whole files in their place. */
function fakeExecutor(
  behave: (input: SegmentInput, signal: AbortSignal) => Promise<void> | void = () => undefined,
  slots = 1,
): Executor & { asked: SegmentInput[] } {
  const asked: SegmentInput[] = [];
  return {
    slots,
    asked,
    run: async (_slot, input, signal): Promise<SegmentResult> => {
      asked.push(input);
      await behave(input, signal);
      for (const path of [...input.outputPaths, input.overlayPath ?? '']) {
        writeFileSync(path, `${basename(input.rasterPath)} ${input.question}`);
      }
      return {
        schema: 1,
        status: 'ok',
        prompts: [],
        promptFrame: { name: 'model-frame-px', width: 1, height: 1 },
        reasoning: 'r',
        features: 2,
        areaM2: 10,
        outputs: [...input.outputPaths, input.overlayPath ?? ''],
        window: { x: 0, y: 0, width: 1, height: 1 },
        transform: null,
        crs: null,
        mode: 'native',
        pack: { id: 'p', sha256: 'a' },
        provider: { lvlm: 'cpu', segmenter: 'cpu' },
        timingsMs: { total: 1 },
        warnings: [],
      };
    },
  };
}

async function batch(
  items: readonly BatchItem[],
  executor: Executor,
  changes: Partial<BatchRun> & {
    merge?: boolean;
    finish?: AbortSignal;
    stop?: AbortSignal;
    shard?: { index: number; count: number };
  } = {},
) {
  const { merge = false, finish, stop, shard, ...run } = changes;
  const events: BatchEvent[] = [];
  const result = await processBatch(
    {
      items,
      problems: [],
      shard: shard ?? null,
      merge,
      application: { name: 'think2seg', version: '0' },
      request: {
        inputs: [],
        listPath: null,
        tablePath: null,
        questions: [],
        merge,
        options: { ...options, formats: ['.geojson'] },
      },
    },
    {
      folder: join(folder, 'out'),
      options,
      pack: { id: 'p', sha256: 'a' },
      timeoutMs: null,
      failFast: false,
      retryFailed: false,
      ...run,
    },
    { executor, onEvent: (event) => events.push(event) },
    { finish: finish ?? new AbortController().signal, stop: stop ?? new AbortController().signal },
  );
  return { ...result, events };
}

function manifestLines(name?: string): ManifestLine[] {
  return manifestLinesIn(join(folder, 'out'), name);
}

function itemLines() {
  return manifestLines().filter((line) => line.kind === 'item');
}

function summary(): string {
  return readFileSync(join(folder, 'out/summary.html'), 'utf8');
}

/** The output of a raster in one of the folders of a batch. */
function outputIn(kind: 'scenes' | 'thumbnails', raster: string): string {
  const outputs = join(folder, 'out', kind);
  return join(outputs, readdirSync(outputs).find((name) => name.startsWith(raster)) ?? '');
}

function namesOf(executor: { asked: SegmentInput[] }): string[] {
  return executor.asked.map(({ rasterPath, question }) => `${basename(rasterPath)} ${question}`);
}

function failOn(name: string, error: Error) {
  return (input: SegmentInput) => {
    if (basename(input.rasterPath) === name) {
      throw error;
    }
  };
}

const changedAdvice = 'move it away or take it out of the results, then run again';

const crashed = new Think2SegError('ENGINE_CRASHED', 'the engine process ended with signal SIGABRT');

describe('a batch', () => {
  test('asks every question of a raster before the next raster, and records sums of what was written', async () => {
    const executor = fakeExecutor();
    const result = await batch(ask(rasters(2), 'a', 'b'), executor);
    expect(result).toMatchObject({ items: 4, done: 4, failed: 0, remaining: 0, features: 8, areaM2: 40 });
    expect(namesOf(executor)).toEqual(['scene-0.tif a', 'scene-0.tif b', 'scene-1.tif a', 'scene-1.tif b']);
    const [, first] = manifestLines();
    expect(first).toMatchObject({ state: 'done', question: 'a', raster: { bytes: 8 } });
    const output = first?.kind === 'item' && first.state === 'done' ? first.outputs[0] : undefined;
    expect(readFileSync(join(folder, 'out', output?.path ?? ''), 'utf8')).toBe('scene-0.tif a');
  });

  test('goes on after a crash, names it, and leaves it alone until it is to be retried', async () => {
    const items = ask(rasters(3));
    const first = await batch(items, fakeExecutor(failOn('scene-1.tif', crashed)));
    expect(first).toMatchObject({ done: 2, failed: 1, failures: [{ code: 'ENGINE_CRASHED' }] });

    const second = fakeExecutor();
    expect(await batch(items, second)).toMatchObject({ done: 0, alreadyDone: 2, failed: 1, features: 4 });
    expect(namesOf(second)).toEqual([]);

    const third = fakeExecutor();
    expect(await batch(items, third, { retryFailed: true })).toMatchObject({ done: 1, alreadyDone: 2, failed: 0 });
    expect(namesOf(third)).toEqual(['scene-1.tif q']);
  });

  test('tries a failed raster again when it was replaced', async () => {
    const [path = ''] = rasters(1);
    const corrupt = new Think2SegError('INPUT_CORRUPT', 'cut off');
    await batch(ask([path]), fakeExecutor(failOn('scene-0.tif', corrupt)));
    writeFileSync(path, 'a better raster');
    expect(await batch(ask([path]), fakeExecutor())).toMatchObject({ done: 1, failed: 0 });
  });

  test('works again on a raster that changed, and on one whose output is gone', async () => {
    const paths = rasters(3);
    await batch(ask(paths), fakeExecutor());
    writeFileSync(paths[0] ?? '', 'other pixels');
    rmSync(outputIn('scenes', 'scene-2'));
    const executor = fakeExecutor();
    expect(await batch(ask(paths), executor)).toMatchObject({ done: 2, alreadyDone: 1 });
    expect(namesOf(executor)).toEqual(['scene-0.tif q', 'scene-2.tif q']);
  });

  test.each([
    ['another size', 'edited by hand'],
    ['the same size', 'SCENE-0.tif q'],
  ])('never writes over an output that was edited to %s', async (_, edited) => {
    const items = ask(rasters(1));
    await batch(items, fakeExecutor());
    const path = outputIn('scenes', 'scene-0');
    writeFileSync(path, edited);
    rmSync(outputIn('thumbnails', 'scene-0'));
    const executor = fakeExecutor();
    expect(await batch(items, executor)).toMatchObject({
      done: 0,
      failed: 1,
      failures: [{ code: 'OUTPUT_EXISTS', message: `${path} was changed since it was written; ${changedAdvice}` }],
    });
    expect(namesOf(executor)).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(edited);

    rmSync(path);
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 1, failed: 0 });
  });

  test('writes over what a killed run left without a line', async () => {
    const items = ask(rasters(1));
    await batch(items, fakeExecutor());
    writeFileSync(join(folder, 'out/manifest.jsonl'), '');
    writeFileSync(outputIn('scenes', 'scene-0'), 'half');
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 1, failed: 0 });
    expect(readFileSync(outputIn('scenes', 'scene-0'), 'utf8')).toBe('scene-0.tif q');
  });

  test('tells of the answer to what a raster is now, also when it is again what it was', async () => {
    const [path = ''] = rasters(1);
    await batch(ask([path]), fakeExecutor());
    writeFileSync(path, 'other pixels');
    await batch(ask([path]), fakeExecutor());
    writeFileSync(path, 'raster 0');
    expect(await batch(ask([path]), fakeExecutor())).toMatchObject({ done: 0, alreadyDone: 1 });
    const [first, , third, ...more] = itemLines();
    expect(more).toEqual([]);
    expect(third).toMatchObject({ id: first?.state === 'done' ? first.id : '', state: 'done', features: 2 });
    expect(await batch(ask([path]), fakeExecutor())).toMatchObject({ done: 0, alreadyDone: 1 });
    expect(itemLines()).toHaveLength(3);
  });

  test('sums up rasters that were moved since they were answered', async () => {
    const paths = rasters(2);
    await batch(ask(paths), fakeExecutor());
    mkdirSync(join(folder, 'moved'));
    const moved = paths.map((path) => join(folder, 'moved', basename(path)));
    paths.forEach((path, index) => renameSync(path, moved[index] ?? ''));
    const executor = fakeExecutor();
    expect(await batch(ask(moved), executor)).toMatchObject({ done: 0, alreadyDone: 2, features: 4 });
    expect(namesOf(executor)).toEqual([]);
    expect(summary()).toContain(moved[1]);
    expect(summary()).not.toContain(paths[1]);
  });

  test.each([1, 2])('asks once about equal rasters of the same name, and tells of each (%d at once)', async (slots) => {
    const paths = ['a', 'b'].map((name) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'same.tif'), 'same');
      return join(folder, name, 'same.tif');
    });
    const executor = fakeExecutor(() => new Promise((resolve) => setTimeout(resolve, 1)), slots);
    expect(await batch(ask(paths), executor)).toMatchObject({ items: 2, done: 1, alreadyDone: 1, features: 4 });
    expect(executor.asked).toHaveLength(1);
    expect(new Set(itemLines().map(({ path }) => path))).toEqual(new Set(paths));
    expect(paths.filter((path) => !summary().includes(path))).toEqual([]);
    expect(await batch(ask(paths), fakeExecutor())).toMatchObject({ done: 0, alreadyDone: 2, features: 4 });
    expect(itemLines()).toHaveLength(2);
  });

  test('says when there is nothing to merge, and that a merged file is of an earlier run', async () => {
    const items = ask(rasters(1));
    const fail = fakeExecutor(failOn('scene-0.tif', crashed));
    const nothing = 'no scene has an answer, nothing to merge into merged.gpkg';
    expect((await batch(items, fail, { merge: true })).events).toContainEqual({ kind: 'note', note: nothing });
    writeFileSync(join(folder, 'out/merged.gpkg'), 'earlier');
    const { events } = await batch(items, fail, { merge: true });
    expect(events).toContainEqual({
      kind: 'note',
      note: `${nothing}; the one in ${join(folder, 'out')} is of an earlier run`,
    });
  });

  test('counts a world file as part of its raster', async () => {
    const paths = rasters(1);
    await batch(ask(paths), fakeExecutor());
    writeFileSync(join(folder, 'scene-0.tfw'), '1\n0\n0\n-1\n100\n200\n');
    expect(await batch(ask(paths), fakeExecutor())).toMatchObject({ done: 1, alreadyDone: 0 });
  });

  test('takes up a manifest whose last line was cut off by a kill', async () => {
    const items = ask(rasters(2));
    await batch(items.slice(0, 1), fakeExecutor());
    appendFileSync(join(folder, 'out/manifest.jsonl'), '{"kind":"item","key":"12');
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 1, alreadyDone: 1 });
    expect(manifestLines().filter((line) => line.kind === 'item')).toHaveLength(2);
  });

  test('sums up beside a shard whose last line is being written', async () => {
    const items = ask(rasters(2));
    await batch(items.slice(0, 1), fakeExecutor(), { shard: { index: 1, count: 1 } });
    appendFileSync(join(folder, 'out/manifest.1-of-1.jsonl'), '{"kind":"item","key":"12');
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 1, alreadyDone: 1, failed: 0 });
    expect(summary()).toContain('scene-0.tif');
  });

  test('refuses a manifest with a damaged line in the middle', async () => {
    const items = ask(rasters(1));
    await batch(items, fakeExecutor());
    const path = join(folder, 'out/manifest.jsonl');
    writeFileSync(path, `nonsense\n${readFileSync(path, 'utf8')}`);
    await expect(batch(items, fakeExecutor())).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  test('ends a scene that takes too long', async () => {
    const hang = (input: SegmentInput, signal: AbortSignal) =>
      basename(input.rasterPath) !== 'scene-0.tif'
        ? undefined
        : new Promise<void>((_, reject) => {
            signal.addEventListener('abort', () => reject(new Think2SegError('CANCELLED', 'stopped')));
          });
    const result = await batch(ask(rasters(2)), fakeExecutor(hang), { timeoutMs: 50 });
    expect(result).toMatchObject({ done: 1, failed: 1, failures: [{ code: 'SCENE_TIMEOUT' }] });
  });

  test('does not depend on the clock of the machine', async () => {
    const realNow = Date.now;
    const items = ask(rasters(3));
    try {
      const jump = fakeExecutor((input) => {
        Date.now = () => realNow() + (basename(input.rasterPath) === 'scene-1.tif' ? -1 : 1) * 86_400_000 * 365;
      });
      expect(await batch(items, jump, { timeoutMs: 5_000 })).toMatchObject({ done: 3, failed: 0 });
    } finally {
      Date.now = realNow;
    }
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 0, alreadyDone: 3 });
  });

  test('stops at trouble that every scene would meet, and blames no scene', async () => {
    const items = ask(rasters(3));
    const full = new Think2SegError('OUTPUT_FULL', 'no space left');
    await expect(batch(items, fakeExecutor(failOn('scene-1.tif', full)))).rejects.toMatchObject({
      code: 'OUTPUT_FULL',
    });
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 2, alreadyDone: 1, failed: 0 });
  });

  test('stops at the first failure when asked to', async () => {
    const executor = fakeExecutor(failOn('scene-0.tif', crashed));
    await expect(batch(ask(rasters(3)), executor, { failFast: true })).rejects.toMatchObject({
      code: 'BATCH_INCOMPLETE',
    });
    expect(namesOf(executor)).toEqual(['scene-0.tif q']);
    expect(manifestLines().at(-1)).toMatchObject({ state: 'failed', code: 'ENGINE_CRASHED' });
  });

  test('finishes what runs when asked to, and nothing more', async () => {
    const finish = new AbortController();
    const executor = fakeExecutor(() => finish.abort());
    expect(await batch(ask(rasters(3)), executor, { finish: finish.signal })).toMatchObject({ done: 1, remaining: 2 });
  });

  test('names a raster that vanishes and one that changes under its hands', async () => {
    const paths = rasters(3);
    const executor = fakeExecutor((input) => {
      if (basename(input.rasterPath) === 'scene-0.tif') {
        writeFileSync(input.rasterPath, 'changed while read');
        rmSync(paths[1] ?? '');
      }
    });
    const result = await batch(ask(paths), executor);
    expect(result.failures.map(({ code }) => code)).toEqual(['INPUT_CORRUPT', 'INPUT_NOT_FOUND']);
    expect(result.done).toBe(1);
  });

  test('shares rasters out to shards: each once, and all of them known to a run without shards', async () => {
    const items = ask(rasters(40), 'a', 'b');
    const executors = [1, 2, 3].map(() => fakeExecutor());
    for (const [index, executor] of executors.entries()) {
      await batch(items, executor, { shard: { index: index + 1, count: 3 } });
    }
    const names = executors.map((executor) => [...new Set(executor.asked.map(({ rasterPath }) => rasterPath))]);
    expect(names.every((paths) => paths.length > 4)).toBe(true);
    expect(names.flat().sort()).toEqual(
      items
        .filter(({ question }) => question === 'a')
        .map(({ rasterPath }) => rasterPath)
        .sort(),
    );
    expect(await batch(items, fakeExecutor())).toMatchObject({ done: 0, alreadyDone: 80 });
  });

  test('sums up what failed since a shard answered it', async () => {
    const paths = rasters(3);
    const items = ask(paths);
    await batch(items, fakeExecutor(), { shard: { index: 1, count: 1 } });
    writeFileSync(outputIn('scenes', 'scene-0'), 'edited by hand');
    writeFileSync(paths[1] ?? '', 'another raster');
    const crashing = fakeExecutor(() => {
      throw new Think2SegError('ENGINE_CRASHED', 'short of memory');
    });
    const again = await batch(items, crashing);
    expect(again).toMatchObject({ done: 0, alreadyDone: 1, failed: 2 });
    expect(again.failures.map(({ code }) => code).sort()).toEqual(['ENGINE_CRASHED', 'OUTPUT_EXISTS']);
    expect(summary()).toContain('<title>Batch: 1 done, 2 failed</title>');

    rmSync(outputIn('scenes', 'scene-0'));
    await batch(items, fakeExecutor(), { retryFailed: true });
    expect(summary()).toContain('<title>Batch: 3 done, 0 failed</title>');
  });

  test('uses several slots and still does everything once', async () => {
    const executor = fakeExecutor(() => new Promise((resolve) => setTimeout(resolve, 1)), 4);
    expect(await batch(ask(rasters(25)), executor)).toMatchObject({ done: 25 });
    expect(new Set(namesOf(executor)).size).toBe(25);
    expect(executor.asked).toHaveLength(25);
  });

  test('removes what a killed run left of its own items, not of others', async () => {
    const items = ask(rasters(1));
    let scratchName = '';
    await batch(
      items,
      fakeExecutor((input) => {
        scratchName = input.scratchName;
      }),
    );
    const scenes = join(folder, 'out/scenes');
    const own = join(scenes, scratchName.replace(/-[0-9a-f]{12}$/, '-000000000000'));
    const other = join(scenes, `.think2seg-batch-${'f'.repeat(24)}-1`);
    mkdirSync(own);
    mkdirSync(other);
    await batch(items, fakeExecutor());
    expect([existsSync(own), existsSync(other)]).toEqual([false, true]);
  });

  test('refuses to work twice in one folder at once', async () => {
    const items = ask(rasters(1));
    const executor = fakeExecutor(async () => {
      await expect(batch(items, fakeExecutor())).rejects.toMatchObject({ code: 'OUTPUT_LOCKED' });
    });
    expect(await batch(items, executor)).toMatchObject({ done: 1 });
    expect(existsSync(join(folder, 'out/manifest.jsonl.lock'))).toBe(false);
  });

  test('takes over the lock of a process that is gone', async () => {
    mkdirSync(join(folder, 'out'));
    const { hostname } = await import('node:os');
    const dead = { host: hostname(), pid: 2 ** 22 + 1, startedAt: '1' };
    writeFileSync(join(folder, 'out/manifest.jsonl.lock'), JSON.stringify(dead));
    expect(await batch(ask(rasters(1)), fakeExecutor())).toMatchObject({ done: 1 });
  });
});
