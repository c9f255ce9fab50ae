/** Resuming, stopping, bad data sets, studies: what the figures do not show. */
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EvaluateInput, EvaluationReport } from '../../../src-main/contract/evaluation.ts';
import { Think2SegError } from '../../../src-main/contract/errors.ts';
import type { ProgressEvent } from '../../../src-main/contract/progress.ts';
import { runEvaluation } from '../../../src-main/core/evaluate/run-evaluation.ts';
import type { OtherSegmenter } from '../../../src-main/core/evaluate/study.ts';
import { rasterReader } from '../../../src-main/core/raster/open-raster.ts';
import { evaluationContext, evaluationInput, obedientPorts } from '../../support/evaluation.ts';
import { fakeSegmenter } from '../../support/fake-ports.ts';

/** An answer with one box over the given share of the width of the 280 px frame. */
function answerWith(...boxes: [number, number, number, number][]): string {
  const items = boxes.map((box) => ({
    bbox_2d: box,
    positive_points: [
      [box[0] + 10, box[1] + 10],
      [box[2] - 10, box[3] - 10],
    ],
  }));
  return `<think>thinking</think><answer>\`\`\`json${JSON.stringify(items)}\`\`\`</answer>`;
}

function png(width: number, height: number, isSet: (x: number, y: number) => boolean): Buffer {
  const image = new PNG({ width, height });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      image.data.set(isSet(x, y) ? [255, 255, 255, 255] : [0, 0, 0, 255], (y * width + x) * 4);
    }
  }
  return PNG.sync.write(image, { colorType: 2 });
}

describe('runEvaluation', () => {
  let folder: string;
  let root: string;
  const answers = { 'left half?': answerWith([0, 0, 140, 280]), 'a quarter?': answerWith([0, 0, 140, 140]) };

  async function addSample(id: string, questions: string[], isTarget = (x: number): boolean => x < 20): Promise<void> {
    await writeFile(
      join(root, 'test/images', `${id}.png`),
      png(40, 40, (x, y) => (x + y) % 2 === 0),
    );
    await writeFile(join(root, 'test/labels', `${id}.png`), png(40, 40, isTarget));
    await writeFile(join(root, 'test/QAs', `${id}.json`), JSON.stringify({ questions }));
  }

  function run(
    changes: Partial<EvaluateInput> = {},
    caller: { signal?: AbortSignal; onProgress?: (event: ProgressEvent) => void; others?: OtherSegmenter[] } = {},
    ports = obedientPorts(rasterReader, answers),
  ): Promise<EvaluationReport> {
    return runEvaluation(
      ports,
      { ...evaluationInput('earthreason', root, join(folder, 'out')), ...changes },
      evaluationContext,
      {
        signal: caller.signal ?? new AbortController().signal,
        onProgress: caller.onProgress ?? (() => undefined),
        otherSegmenters: caller.others ?? [],
      },
    );
  }

  const rowLines = async (): Promise<string[]> =>
    (await readFile(join(folder, 'out/rows.jsonl'), 'utf8')).trimEnd().split('\n').slice(1);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
    root = join(folder, 'data');
    for (const part of ['images', 'labels', 'QAs']) {
      await mkdir(join(root, 'test', part), { recursive: true });
    }
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await addSample(id, ['left half?']);
    }
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('scores a perfect answer 1 and shows it in the report', async () => {
    const report = await run();
    expect(report).toMatchObject({ schema: 1, gIoU: 1, cIoU: 1, targetGIoU: 1, noTargetAccuracy: null, samples: 5 });
    expect(report.baselines.wholeFrame.targetGIoU).toBe(0.5);
    expect(report.provider).toEqual({ lvlm: 'cpu', segmenter: 'cpu' });
    const html = await readFile(join(folder, 'out/report.html'), 'utf8');
    expect(html.match(/data:image\/png;base64,/g)).toHaveLength(2);
    expect(html).not.toMatch(/https?:|<script|<link|@import/);
  });

  it('writes what a data set says as text, never as markup', async () => {
    await addSample('<img src=x>', ['left half?']);
    await run();
    const html = await readFile(join(folder, 'out/report.html'), 'utf8');
    expect(html).not.toContain('<img src=x>');
  });

  it('goes on after a stop without asking again', async () => {
    const stop = new AbortController();
    const first = obedientPorts(rasterReader, answers);
    const stopped = run(
      {},
      { signal: stop.signal, onProgress: ({ stage, done }) => stage === 'evaluating' && done === 2 && stop.abort() },
      first,
    );
    await expect(stopped).rejects.toThrow();
    expect(await rowLines()).toHaveLength(2);
    expect(await readdir(join(folder, 'out'))).toEqual(['rows.jsonl']);
    // As after a kill in the middle of a line.
    await appendFile(join(folder, 'out/rows.jsonl'), '{"id":"c","question":"le');
    const second = obedientPorts(rasterReader, answers);
    const report = await run({}, {}, second);
    expect(second.asked).toHaveLength(3);
    expect(report.samples).toBe(5);
    const third = obedientPorts(rasterReader, answers);
    expect((await run({}, {}, third)).gIoU).toBe(report.gIoU);
    expect(third.asked).toHaveLength(0);
    const restarted = obedientPorts(rasterReader, answers);
    await run({ restart: true }, {}, restarted);
    expect(restarted.asked).toHaveLength(5);
  });

  it.skipIf(process.platform !== 'linux')('says that no space is left', async () => {
    await mkdir(join(folder, 'out'));
    await symlink('/dev/full', join(folder, 'out/rows.jsonl'));
    await expect(run({ restart: true })).rejects.toMatchObject({ code: 'OUTPUT_FULL', exitStatus: 6 });
  });

  it('refuses rows of other settings', async () => {
    await run();
    await expect(run({ seed: 1 })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await expect(run({ mode: 'native' })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('refuses rows of a data set that has changed since', async () => {
    await run();
    await addSample('c', ['a quarter?']);
    await expect(run()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('spreads a limit over the split and reuses its rows for all', async () => {
    const limited = await run({ limit: 2 });
    expect(limited.samples).toBe(2);
    expect((await rowLines()).map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'c']);
    const ports = obedientPorts(rasterReader, answers);
    expect((await run({}, {}, ports)).samples).toBe(5);
    expect(ports.asked).toHaveLength(3);
  });

  it('draws the question by seed and id alone', async () => {
    const many = Array.from({ length: 12 }, (_, index) => `question ${index}`);
    const table = Object.fromEntries(many.map((text) => [text, answerWith([0, 0, 140, 280])]));
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await addSample(id, many);
    }
    const asked = async (seed: number, limit: number | null, out: string): Promise<string[]> => {
      const ports = obedientPorts(rasterReader, table);
      await run({ seed, limit, outDirectory: join(folder, out) }, {}, ports);
      return ports.asked;
    };
    const all = await asked(0, null, 'one');
    expect(await asked(0, null, 'two')).toEqual(all);
    expect(await asked(0, 1, 'three')).toEqual(all.slice(0, 1));
    expect(await asked(1, null, 'four')).not.toEqual(all);
    expect(new Set(all).size).toBeGreaterThan(1);
  });

  it('counts and lists samples whose files are missing or do not fit', async () => {
    await rm(join(root, 'test/labels/a.png'));
    await rm(join(root, 'test/images/b.png'));
    await writeFile(join(root, 'test/QAs/c.json'), '{"questions": []}');
    await writeFile(
      join(root, 'test/labels/d.png'),
      png(41, 40, () => true),
    );
    await addSample('f', ['left half?']);
    await writeFile(join(root, 'test/images/f.png'), 'not a picture');
    const report = await run();
    expect(report.samples).toBe(1);
    expect(report.gIoU).toBe(1);
    expect(report.problems.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd', 'f']);
    const problemOf = (id: string): string => report.problems.find((problem) => problem.id === id)?.problem ?? '';
    expect(problemOf('a')).toBe('has no label');
    expect(problemOf('b')).toBe('has no image');
    expect(problemOf('c')).toContain('questions');
    expect(problemOf('d')).toContain('41 x 40, expected the 40 x 40 of the image');
    expect(await readFile(join(folder, 'out/report.html'), 'utf8')).toContain('has no label');
  });

  it('takes no other files beside images, labels and questions for them', async () => {
    await writeFile(join(root, 'test/images/a.pgw'), '1\n0\n0\n-1\n0\n0\n');
    await writeFile(join(root, 'test/images/a.PNG.aux.xml'), '<PAMDataset/>');
    await writeFile(join(root, 'test/labels/b.jpg'), 'a preview');
    await writeFile(join(root, 'test/QAs/c.bak'), '{');
    expect(await run()).toMatchObject({ samples: 5, problems: [] });
  });

  it('lists a sample that has two images', async () => {
    await cp(join(root, 'test/images/a.png'), join(root, 'test/images/a.tif'));
    const report = await run();
    expect(report.samples).toBe(4);
    expect(report.problems).toEqual([{ id: 'a', problem: 'has a.png and a.tif, expected one of them' }]);
  });

  it('asks the questions that are none of them blank, whatever else a file leaves out', async () => {
    await writeFile(join(root, 'test/QAs/a.json'), '{"questions": ["left half?", " "], "concept": null}');
    await writeFile(join(root, 'test/QAs/b.json'), '{"questions": [" "]}');
    const report = await run();
    expect(report.samples).toBe(4);
    expect(report.problems).toEqual([
      { id: 'b', problem: expect.stringMatching(/b\.json: questions: expected at least one text/) as string },
    ]);
  });

  it.skipIf(process.platform === 'win32')('lists a sample whose image is a link that leads nowhere', async () => {
    await rm(join(root, 'test/images/b.png'));
    await symlink('/nonexistent/b.png', join(root, 'test/images/b.png'));
    const report = await run();
    expect(report.samples).toBe(4);
    expect(report.problems).toMatchObject([{ id: 'b', problem: expect.stringContaining('INPUT_NOT_FOUND') as string }]);
  });

  it('lists a sample whose question the model does not take', async () => {
    await addSample('b', ['what does <|im_end|> mark?']);
    const ports = obedientPorts(rasterReader, answers);
    const picky = {
      ...ports,
      loadReasoner: async (signal: AbortSignal) => {
        const reasoner = await ports.loadReasoner(signal);
        return {
          ...reasoner,
          reason: (...request: Parameters<typeof reasoner.reason>) =>
            request[0].question.includes('<|')
              ? Promise.reject(new Think2SegError('QUESTION_INVALID', 'control word'))
              : reasoner.reason(...request),
        };
      },
    };
    const report = await run({}, {}, picky);
    expect(report.samples).toBe(4);
    expect(report.problems).toEqual([{ id: 'b', problem: 'QUESTION_INVALID: control word' }]);
  });

  it('replaces no file that it did not write', async () => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out/report.html'), 'my own report');
    await expect(run()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await rm(join(folder, 'out/report.html'));
    await writeFile(join(folder, 'out/rows.jsonl'), '{"my": "own rows"}');
    await expect(run()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(join(folder, 'out/rows.jsonl'), 'utf8')).toBe('{"my": "own rows"}');
    // What a kill in the middle of the first line leaves is ours.
    await writeFile(join(folder, 'out/rows.jsonl'), '{"schema":1,"dataset":"earth');
    expect((await run()).samples).toBe(5);
  });

  it('says what layout it expected of a folder without samples', async () => {
    await expect(run({ split: 'val' })).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await expect(run({ dataset: 'rrsisd' })).rejects.toThrow(/refs\(unc\)\.p.*layout of RRSIS-D/);
    await expect(run({ dataset: 'refsegrs' })).rejects.toThrow(/output_phrase_test\.txt/);
    await rm(join(root, 'test/labels'), { recursive: true });
    await cp(join(root, 'test/QAs'), join(root, 'test/labels'), { recursive: true });
    await expect(run()).rejects.toBeInstanceOf(Think2SegError);
  });

  it('passes on what is no fault of a sample', async () => {
    const broken = {
      ...obedientPorts(rasterReader, answers),
      loadSegmenter: () => Promise.reject(new Think2SegError('INFERENCE_FAILED', 'the segmenter failed')),
    };
    await expect(run({}, {}, broken)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
  });

  it('tells of every sample', async () => {
    const events: ProgressEvent[] = [];
    await run({}, { onProgress: (event) => events.push(event) });
    const done = events.filter(({ stage }) => stage === 'evaluating').map((event) => event.done);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  describe('studies', () => {
    const two = answerWith([0, 0, 60, 280], [80, 0, 140, 280]);

    async function study(kind: 'prompts' | 'granularity'): Promise<NonNullable<EvaluationReport['study']>> {
      const report = await run({ study: { kind }, limit: 1 }, {}, obedientPorts(rasterReader, { 'left half?': two }));
      return report.study!;
    }

    it('compares instances with one target around them', async () => {
      const { variants } = await study('granularity');
      expect(variants.map(({ name }) => name)).toEqual(['instances', 'semantic']);
      expect(variants[0]!.scores!.targetGIoU).toBeCloseTo(120 / 140, 2);
      expect(variants[1]!.scores!.targetGIoU).toBe(1);
    });

    it('gives the segmenter box, points, both, and the points of others as negatives', async () => {
      const ports = obedientPorts(rasterReader, { 'left half?': two });
      const segmenter = await ports.loadSegmenter(new AbortController().signal);
      const seen = (segmenter as ReturnType<typeof fakeSegmenter>).prompts;
      const report = await run({ study: { kind: 'prompts' }, limit: 1, pictures: 0 }, {}, ports);
      expect(report.study!.variants.map(({ name }) => name)).toEqual([
        'box',
        'points',
        'box + points',
        'box + points + negatives',
      ]);
      // Two prompts as answered, then two for each variant.
      const counts = seen.map(({ boxImagePx, positivePointsImagePx, negativePointsImagePx }) => [
        boxImagePx === null ? 0 : 1,
        positivePointsImagePx.length,
        negativePointsImagePx.length,
      ]);
      expect(counts).toEqual([
        [1, 2, 0],
        [1, 2, 0],
        [1, 0, 0],
        [1, 0, 0],
        [0, 2, 0],
        [0, 2, 0],
        [1, 2, 0],
        [1, 2, 0],
        [1, 2, 2],
        [1, 2, 2],
      ]);
      expect(seen.at(-1)!.negativePointsImagePx).toEqual(seen.at(-2)!.positivePointsImagePx);
    });

    it('compares segmenters of other packs, and says when one cannot', async () => {
      const refusing = {
        ...fakeSegmenter(),
        segment: () => Promise.reject(new Think2SegError('PROMPTS_INVALID', 'needs a box')),
      };
      const report = await run(
        { study: { kind: 'segmenter', packDirectories: ['/x', '/y'] }, limit: 2 },
        {
          others: [
            { name: 'x 1', sha256: '1', load: () => Promise.resolve(fakeSegmenter()) },
            { name: 'y 1', sha256: '2', load: () => Promise.resolve(refusing) },
          ],
        },
      );
      expect(report.study!.variants[0]).toMatchObject({ name: 'x 1', scores: { gIoU: 1 } });
      expect(report.study!.variants[1]).toMatchObject({ name: 'y 1', scores: null });
      expect(await readFile(join(folder, 'out/report.html'), 'utf8')).toContain('Study: segmenter');
    });

    it('does not go on with the segmenter of a pack that another has taken the place of', async () => {
      const study = { kind: 'segmenter', packDirectories: ['/x'] } as const;
      const withPack = (sha256: string): Promise<EvaluationReport> =>
        run(
          { study: { ...study, packDirectories: ['/x'] } },
          { others: [{ name: 'x 1', sha256, load: () => Promise.resolve(fakeSegmenter()) }] },
        );
      await withPack('1');
      expect((await withPack('1')).study!.variants[0]!.scores).toMatchObject({ gIoU: 1 });
      await expect(withPack('2')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    });
  });
});
