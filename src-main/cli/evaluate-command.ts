/** `think2seg evaluate`: how good a pack is on a data set, by the published protocol. */
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import {
  datasetNames,
  mostPictures,
  type BaselineName,
  type EvaluateInput,
  type EvaluationReport,
  type Scores,
} from '../contract/evaluation.ts';
import { removeScratch } from '../core/files/atomic-write.ts';
import { EvaluationPrinter } from './evaluation-printer.ts';
import { formatTable } from './format-table.ts';
import { locatePack } from './locate-pack.ts';
import { modelOptions, readCount, readModelOptions } from './query-options.ts';
import { readChoice, readIntegerList, readOptions, refusePositionals } from './read-options.ts';
import { printJson, printText } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

const options = {
  dataset: { type: 'string' },
  root: { type: 'string' },
  split: { type: 'string' },
  output: { type: 'string', short: 'o' },
  ...modelOptions,
  mode: { type: 'string', default: 'reference' },
  limit: { type: 'string' },
  seed: { type: 'string', default: '0' },
  study: { type: 'string' },
  'segmenter-pack': { type: 'string', multiple: true, default: [] as string[] },
  pictures: { type: 'string', default: '12' },
  restart: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
} as const;

type EvaluateOptions = ReturnType<typeof readOptions<typeof options>>['values'];

function required(option: string, value: string | undefined): string {
  if (value === undefined || value === '') {
    throw new Think2SegError('USAGE', `--${option} is missing (think2seg evaluate --help lists the options)`);
  }
  return value;
}

function readWhole(option: string, text: string, most: number): number {
  const [value = 0] = readIntegerList(option, text, [1]);
  if (value < 0 || value > most) {
    throw new Think2SegError('USAGE', `--${option} got ${value}, expected a whole number from 0 to ${most}`);
  }
  return value;
}

async function readStudy(values: EvaluateOptions): Promise<EvaluateInput['study']> {
  const others = values['segmenter-pack'];
  const kind =
    values.study === undefined ? null : readChoice('study', values.study, ['prompts', 'granularity', 'segmenter']);
  if (kind !== 'segmenter') {
    if (others.length > 0) {
      throw new Think2SegError('USAGE', '--segmenter-pack was given without --study segmenter');
    }
    return kind === null ? null : { kind };
  }
  if (others.length === 0) {
    throw new Think2SegError('USAGE', '--study segmenter needs --segmenter-pack, once for every pack to compare');
  }
  return { kind, packDirectories: await Promise.all(others.map((name) => locatePack(name))) };
}

async function readInput(values: EvaluateOptions): Promise<EvaluateInput> {
  const dataset = readChoice('dataset', required('dataset', values.dataset), datasetNames);
  const split = required('split', values.split);
  if (!/^[A-Za-z0-9_-]+$/.test(split)) {
    throw new Think2SegError('USAGE', `--split got ${JSON.stringify(split)}, expected a name such as test`);
  }
  return {
    dataset,
    rootDirectory: resolve(required('root', values.root)),
    split,
    ...(await readModelOptions(values)),
    mode: readChoice('mode', values.mode, ['native', 'reference']),
    seed: readWhole('seed', values.seed, Number.MAX_SAFE_INTEGER),
    limit: readCount('limit', values.limit),
    study: await readStudy(values),
    outDirectory: resolve(values.output ?? join('out', 'evaluate', `${dataset}-${split}`)),
    restart: values.restart,
    pictures: readWhole('pictures', values.pictures, mostPictures),
    scratchName: `.think2seg-${randomUUID()}`,
  };
}

function scoreCells({ gIoU, cIoU, targetGIoU, targetCIoU, noTargetAccuracy }: Scores): string[] {
  return [gIoU, cIoU, targetGIoU, targetCIoU, noTargetAccuracy].map((value) =>
    value === null ? '-' : value.toFixed(4),
  );
}

const baselineWords: Record<BaselineName, string> = {
  emptyList: 'always []',
  wholeFrame: 'whole frame',
  centralBox: 'central box',
};

function describe(report: EvaluationReport): string {
  const header = ['gIoU', 'cIoU', 'target gIoU', 'target cIoU', 'no target'];
  const rows = [
    [`${report.pack.id} ${report.pack.version}`, ...scoreCells(report)],
    ...Object.entries(report.baselines).map(([name, scores]) => [
      baselineWords[name as BaselineName],
      ...scoreCells(scores),
    ]),
  ];
  const study = report.study?.variants.map(({ name, scores }) => [
    name,
    ...(scores === null ? header.map(() => '-') : scoreCells(scores)),
  ]);
  const notes = (report.study?.variants ?? []).flatMap(({ name, note }) =>
    note === undefined ? [] : `${name}: ${note}`,
  );
  const problems = report.problems.slice(0, 5).map(({ id, problem }) => `  ${id}: ${problem}`);
  return [
    `${report.samples} samples, ${report.samplesWithTarget} with a target; valid answers ${report.validAnswerRate.toFixed(4)}`,
    '',
    formatTable(['', ...header], rows),
    ...(study === undefined ? [] : ['', formatTable([report.study?.kind ?? '', ...header], study), ...notes]),
    '',
    ...(report.problems.length === 0
      ? []
      : [`${report.problems.length} samples left out because of their files, all in the report:`, ...problems, '']),
    ...report.outputs.map((path) => `written  ${path}`),
    '',
  ].join('\n');
}

export async function evaluateCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('evaluate', args, options);
  refusePositionals('evaluate', positionals);
  const input = await readInput(values);
  const printer = values.quiet ? null : new EvaluationPrinter(process.stderr);
  let report;
  try {
    report = await callEngine('evaluate.run', input, {
      onProgress: (event) => printer?.show(event),
      removeUnfinished: () => removeScratch(join(input.outDirectory, 'report.json'), input.scratchName),
    });
  } catch (error) {
    if (error instanceof Think2SegError && error.code === 'CANCELLED') {
      throw new Think2SegError(
        'CANCELLED',
        `stopped; the samples done so far are kept in ${input.outDirectory}, the same command goes on from there`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    printer?.end();
  }
  if (values.json) {
    printJson(report);
  } else {
    printText(describe(report));
  }
}
