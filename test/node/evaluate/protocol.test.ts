/** Every figure of the report against an independent computation, on the four published layouts. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetNames, type EvaluateInput, type Scores } from '../../../src-main/contract/evaluation.ts';
import { runEvaluation } from '../../../src-main/core/evaluate/run-evaluation.ts';
import { rasterReader } from '../../../src-main/core/raster/open-raster.ts';
import { obedientPorts, evaluationContext, evaluationInput } from '../../support/evaluation.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';

interface OracleScores extends Scores {
  above50: number;
  samples?: number;
}

interface OracleFigures extends OracleScores {
  valid: number;
  perClass: Record<string, OracleScores & { samples: number }>;
  baselines: Record<string, OracleScores>;
}

const reason = pythonMissing(['numpy', 'PIL', 'pycocotools']);
const keys = ['gIoU', 'cIoU', 'targetGIoU', 'targetCIoU', 'noTargetAccuracy'] as const;

function expectClose(got: Scores, expected: Scores): void {
  for (const key of keys) {
    if (expected[key] === null) {
      expect(got[key], key).toBeNull();
    } else {
      expect(Math.abs((got[key] ?? Number.NaN) - expected[key]), `${key} ${got[key]}`).toBeLessThan(1e-9);
    }
  }
}

describe.skipIf(reason !== null)(`evaluation protocol${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let python: PythonProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
    python = new PythonProcess(resolve(import.meta.dirname, '../../support/evaluation_oracle.py'));
  });

  afterAll(async () => {
    python.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(datasetNames)('%s', (dataset) => {
    let answers: Record<string, string>;
    let figures: Record<'reference' | 'native', OracleFigures>;
    const root = (): string => join(folder, dataset);

    beforeAll(async () => {
      const made = await python.ask({ do: 'dataset', dataset, root: root(), seed: 7, count: 40 });
      answers = made['answers'] as typeof answers;
      figures = made['figures'] as typeof figures;
    });

    it.each(['reference', 'native'] as const)('gives the published figures in %s mode', async (mode) => {
      const input: EvaluateInput = {
        ...evaluationInput(dataset, root(), join(folder, 'out', dataset, mode)),
        mode,
      };
      const report = await runEvaluation(obedientPorts(rasterReader, answers), input, evaluationContext, {
        signal: new AbortController().signal,
        onProgress: () => undefined,
        otherSegmenters: [],
      });
      const expected = figures[mode];
      expect(report.problems).toEqual([]);
      expect(report.samples).toBe(40);
      expectClose(report, expected);
      expect(report.validAnswerRate).toBeCloseTo(expected.valid, 12);
      expect(report.shareAbove50).toBeCloseTo(expected.above50, 12);
      for (const [name, scores] of Object.entries(report.baselines)) {
        expectClose(scores, expected.baselines[name]!);
      }
      expect(Object.keys(report.perClass)).toEqual(Object.keys(expected.perClass).sort());
      for (const [name, group] of Object.entries(report.perClass)) {
        expect(group.samples).toBe(expected.perClass[name]!.samples);
        expect(group.gIoU).toBeCloseTo(expected.perClass[name]!.gIoU, 12);
        expect(group.targetGIoU).toBeCloseTo(expected.perClass[name]!.targetGIoU!, 12);
      }
      // The fixture must have every sort of case, or the comparison proves little.
      expect(report.samplesWithTarget).toBeGreaterThan(20);
      expect(report.samplesWithTarget).toBeLessThan(40);
      expect(report.validAnswerRate).toBeLessThan(1);
      expect(report.gIoU).toBeGreaterThan(0.05);
      const saved = JSON.parse(await readFile(report.outputs[1]!, 'utf8')) as unknown;
      expect(saved).toEqual(JSON.parse(JSON.stringify(report)));
    });
  });
});
