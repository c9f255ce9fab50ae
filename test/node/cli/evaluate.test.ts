/** `think2seg evaluate` as a user runs it, with the embedded pack on the sample scene. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationReport } from '../../../src-main/contract/evaluation.ts';
import { runThink2seg } from '../../support/command-line.ts';

const scene = resolve(import.meta.dirname, '../../../resources/sample/harbour.tif');
const sidePx = 1024;
let folder: string;
let root: string;

/** A mask of one rectangle, or of nothing. */
function labelPng(rectangle: [x0: number, y0: number, x1: number, y1: number] | null): Buffer {
  const png = new PNG({ width: sidePx, height: sidePx });
  for (let pixel = 0; pixel < sidePx * sidePx; pixel++) {
    png.data.set([0, 0, 0, 255], pixel * 4);
  }
  if (rectangle !== null) {
    const [x0, y0, x1, y1] = rectangle;
    for (let y = y0; y < y1; y++) {
      png.data.fill(255, (y * sidePx + x0) * 4, (y * sidePx + x1) * 4);
    }
  }
  return PNG.sync.write(png, { colorType: 0, inputColorType: 6 });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-evaluate-'));
  root = join(folder, 'scenes');
  for (const part of ['images', 'labels', 'QAs']) {
    await mkdir(join(root, 'test', part), { recursive: true });
  }
  const asked = [
    { question: 'Where could passengers board a flight?', label: labelPng(null) },
    { question: 'Where is the largest storage tank?', label: labelPng([400, 400, 700, 700]) },
    { question: 'Where is liquid fuel kept in bulk?', label: labelPng([0, 0, sidePx, sidePx]) },
  ];
  for (const [index, { question, label }] of asked.entries()) {
    await copyFile(scene, join(root, `test/images/${index}.tif`));
    await writeFile(join(root, `test/labels/${index}.png`), label);
    await writeFile(join(root, `test/QAs/${index}.json`), JSON.stringify({ questions: [question] }));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const evaluate = (out: string, ...more: string[]): string[] =>
  ['evaluate', '--dataset', 'earthreason', '--root', root, '--split', 'test', '--provider', 'cpu'].concat(
    ['-o', join(folder, out)],
    more,
  );

describe('think2seg evaluate', () => {
  it('prints the report as one JSON object with the public keys', async () => {
    const { status, stdout, stderr } = await runThink2seg(evaluate('json', '--json'));
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as EvaluationReport;
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        ...['schema', 'gIoU', 'cIoU', 'targetGIoU', 'targetCIoU', 'noTargetAccuracy', 'validAnswerRate'],
        ...['samples', 'perClass', 'baselines'],
      ]),
    );
    expect(report).toMatchObject({ schema: 1, samples: 3, samplesWithTarget: 2, noTargetAccuracy: 1, problems: [] });
    expect(report.validAnswerRate).toBe(1);
    expect(report.baselines.wholeFrame.targetGIoU).toBeGreaterThan(0.5);
    expect(await readdir(join(folder, 'json'))).toEqual(['report.html', 'report.json', 'rows.jsonl']);
    expect(stderr).toContain('3/3 samples');
  });

  it('gives a table to people and goes on after an interruption', async () => {
    let isStopped = false;
    const stopped = await runThink2seg(evaluate('table'), {
      onStderr: (text, kill) => {
        if (!isStopped && text.includes('0/3 samples')) {
          isStopped = true;
          kill('SIGINT');
        }
      },
    });
    expect(stopped.status, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/CANCELLED: .*the same command goes on from there/);
    const { status, stdout, stderr } = await runThink2seg(evaluate('table', '--quiet'));
    expect(status, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/3 samples, 2 with a target/);
    expect(stdout).toMatch(/always \[\] +0\.3333 +0\.0000 +0\.0000 +0\.0000 +1\.0000/);
    const rows = (await readFile(join(folder, 'table/rows.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(rows).toHaveLength(4);
  });

  it.each([
    ['no data set', ['evaluate', '--root', '/tmp', '--split', 'test'], 2, /USAGE: --dataset is missing/],
    [
      'an unknown one',
      ['evaluate', '--dataset', 'coco'],
      2,
      /USAGE: --dataset got "coco", expected one of earthreason/,
    ],
    ['a segmenter study of nothing', () => evaluate('x', '--study', 'segmenter'), 2, /--segmenter-pack/],
    ['a split that leaves the folder', () => evaluate('x', '--split', '../test'), 2, /--split got/],
    ['no folder', () => evaluate('x', '--root', '/nowhere'), 3, /INPUT_NOT_FOUND: \/nowhere.*layout of EarthReason/],
    ['no pack', () => evaluate('x', '--pack', '/nowhere'), 4, /PACK_NOT_FOUND/],
  ])('refuses %s', async (_, given, expected, message) => {
    const { status, stderr } = await runThink2seg(typeof given === 'function' ? given() : given);
    expect(status, stderr).toBe(expected);
    expect(stderr.trim()).toMatch(message);
  });
});
