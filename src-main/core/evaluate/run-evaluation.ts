/** A data set through the pipeline, sample by sample, into rows, figures and a report. */
import { join } from 'node:path';
import { Think2SegError, toThink2SegError, type ErrorCode } from '../../contract/errors.ts';
import type { EvaluateInput, EvaluationReport, SampleProblem, StudyResult } from '../../contract/evaluation.ts';
import type { OnProgress } from '../../contract/progress.ts';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { isPresent } from '../files/is-present.ts';
import type { QueryContext, StepOptions } from '../query/query-ports.ts';
import { stepOptions } from '../query/step-options.ts';
import { chooseSamples } from './choose.ts';
import { digestOfData } from './data-digest.ts';
import { listSamples } from './datasets/list-samples.ts';
import { evaluateSample } from './evaluate-sample.ts';
import { baselineScores, groupScores, scoresOf } from './metrics.ts';
import { chooseCases, drawReportCase, type ReportCase } from './report-cases.ts';
import { reportHtml } from './report-html.ts';
import type { Overlap } from './overlap.ts';
import type { EvaluationPorts } from './predict.ts';
import { RowsFile } from './rows-file.ts';
import type { SampleRow } from './sample-row.ts';
import type { Sample } from './sample.ts';
import { watchProviders } from './watch-providers.ts';
import { variantsOf, type OtherSegmenter, type Variant } from './study.ts';

export interface EvaluationCaller {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Segmenters of the packs that a segmenter study names, in its order. */
  readonly otherSegmenters: readonly OtherSegmenter[];
}

/** Exit status of errors that the files of one sample can cause. */
const inputStatus = 3;
/** What its question can cause. */
const questionCode: ErrorCode = 'QUESTION_INVALID';

/** Steps of single samples are too many to be told of one by one. */
function quietOptions(signal: AbortSignal): StepOptions {
  return stepOptions({ signal, onProgress: () => undefined });
}

/**
 * Rows are kept when the run is stopped; the same call goes on from there.
 *
 * @throws Think2SegError INPUT_NOT_FOUND when the split has no complete sample, OUTPUT_EXISTS when the folder holds rows of other
 * settings or a report without rows, and whatever the models throw.
 */
export async function runEvaluation(
  givenPorts: EvaluationPorts,
  input: EvaluateInput,
  context: QueryContext,
  caller: EvaluationCaller,
): Promise<EvaluationReport> {
  const { signal } = caller;
  const { ports, used } = watchProviders(givenPorts);
  const listed = await listSamples(input.dataset, input.rootDirectory, input.split);
  const samples = chooseSamples(listed.samples, input.limit);
  const header = { ...headerOf(input, context, caller), data: await digestOfData(listed.samples) };
  const outputs = ['rows.jsonl', 'report.json', 'report.html'].map((name) => join(input.outDirectory, name));
  const [rowsPath = '', ...reportPaths] = outputs;
  if (!input.restart) {
    refuseReportsWithoutRows(rowsPath, reportPaths);
  }
  const rowsFile = await RowsFile.open(rowsPath, header, input.restart);
  const variants = variantsOf(input.study, caller.otherSegmenters);
  const computed = await computeRows(ports, samples, rowsFile, { ...input, variants }, context, caller);
  const rows = samples.flatMap(({ id }) => rowsFile.rows.get(id) ?? []);
  const [firstProblem] = computed.problems;
  if (rows.length === 0 && firstProblem !== undefined) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `none of ${samples.length} samples could be evaluated (${firstProblem.id}: ${firstProblem.problem}); check the data set`,
    );
  }
  const note = context.providerNote();
  const report: EvaluationReport = {
    schema: 1,
    dataset: input.dataset,
    split: input.split,
    mode: input.mode,
    seed: input.seed,
    samples: rows.length,
    samplesWithTarget: rows.filter(({ targetPx }) => targetPx > 0).length,
    ...scoresOf(rows, ({ overlap }) => overlap),
    validAnswerRate: share(rows, ({ valid }) => valid),
    shareAbove50: share(rows, ({ overlap }) => overlap.iou > 0.5),
    perClass: groupScores(rows, (row) => row.class),
    perRelation: groupScores(rows, (row) => (row.targetPx > 0 ? row.relation : null)),
    baselines: baselineScores(rows),
    study: studyResult(input, rows, variants),
    problems: [...listed.problems, ...computed.problems],
    msPerSample: computed.msPerSample,
    pack: context.pack,
    provider: { ...used, ...(note === undefined ? {} : { note }) },
    outputs,
  };
  caller.onProgress({ stage: 'writing' });
  const pictures = await drawCases(ports, samples, rows, input, context, quietOptions(signal));
  await withAtomicOutputs(
    reportPaths,
    { overwrite: true, scratchName: input.scratchName, signal },
    async ([json = '', html = ''], files) => {
      await files.writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
      await files.writeFile(html, reportHtml({ report, rows, ...pictures }));
    },
  );
  return report;
}

function headerOf(
  input: EvaluateInput,
  context: QueryContext,
  { otherSegmenters }: EvaluationCaller,
): Record<string, unknown> {
  const { dataset, rootDirectory, split, mode, seed, study } = input;
  const packs = otherSegmenters.map(({ sha256 }) => sha256);
  const studied = packs.length === 0 ? study : { ...study, packs };
  return { schema: 1, dataset, rootDirectory, split, mode, seed, study: studied, pack: context.pack.sha256 };
}

/** A report that no rows belong to is not ours to replace. @throws OUTPUT_EXISTS */
function refuseReportsWithoutRows(rowsPath: string, reportPaths: readonly string[]): void {
  if (isPresent(rowsPath)) {
    return;
  }
  const report = reportPaths.find((path) => isPresent(path));
  if (report !== undefined) {
    throw new Think2SegError(
      'OUTPUT_EXISTS',
      `${report} is there but not ${rowsPath}, expected both or none; choose another -o or use --restart`,
    );
  }
}

async function computeRows(
  ports: EvaluationPorts,
  samples: readonly Sample[],
  rowsFile: RowsFile,
  settings: Pick<EvaluateInput, 'mode' | 'seed'> & { readonly variants: readonly Variant[] },
  context: QueryContext,
  { signal, onProgress }: EvaluationCaller,
): Promise<{ problems: SampleProblem[]; msPerSample: number | null }> {
  const missing = samples.filter(({ id }) => !rowsFile.rows.has(id));
  const problems: SampleProblem[] = [];
  const startMs = performance.now();
  let done = samples.length - missing.length;
  onProgress({ stage: 'evaluating', done, total: samples.length });
  for (const sample of missing) {
    signal.throwIfAborted();
    try {
      await rowsFile.append(await evaluateSample(ports, sample, settings, context, quietOptions(signal)));
    } catch (thrown) {
      const error = toThink2SegError(thrown);
      if (error.exitStatus !== inputStatus && error.code !== questionCode) {
        throw thrown;
      }
      problems.push({ id: sample.id, problem: `${error.code}: ${error.message}` });
    }
    done++;
    onProgress({ stage: 'evaluating', done, total: samples.length });
  }
  return { problems, msPerSample: missing.length === 0 ? null : (performance.now() - startMs) / missing.length };
}

function share(rows: readonly SampleRow[], holds: (row: SampleRow) => boolean): number {
  return rows.length === 0 ? 0 : rows.filter(holds).length / rows.length;
}

function variantOf({ id, variants }: SampleRow, name: string): Overlap {
  const overlap = variants[name];
  if (overlap === undefined || overlap === null) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `the row of ${id} holds ${JSON.stringify(Object.keys(variants))}, expected ${name} among them; use --restart`,
    );
  }
  return overlap;
}

function studyResult(
  { study }: EvaluateInput,
  rows: readonly SampleRow[],
  variants: readonly Variant[],
): StudyResult | null {
  if (study === null) {
    return null;
  }
  return {
    kind: study.kind,
    variants: variants.map(({ name }) => {
      const impossible = rows.some((row) => row.variants[name] === null);
      return impossible
        ? { name, scores: null, note: 'this segmenter cannot take such prompts' }
        : { name, scores: scoresOf(rows, (row) => variantOf(row, name)) };
    }),
  };
}

async function drawCases(
  ports: EvaluationPorts,
  samples: readonly Sample[],
  rows: readonly SampleRow[],
  { pictures, mode }: Pick<EvaluateInput, 'pictures' | 'mode'>,
  context: QueryContext,
  options: StepOptions,
): Promise<{ worst: ReportCase[]; best: ReportCase[] }> {
  const sampleById = new Map(samples.map((sample) => [sample.id, sample]));
  const chosen = chooseCases(rows, pictures);
  const draw = async (list: readonly SampleRow[]): Promise<ReportCase[]> => {
    const drawn: ReportCase[] = [];
    for (const row of list) {
      const sample = sampleById.get(row.id);
      if (sample !== undefined) {
        drawn.push(await drawReportCase(ports, sample, row, mode, context, options));
      }
    }
    return drawn;
  };
  return { worst: await draw(chosen.worst), best: await draw(chosen.best) };
}
