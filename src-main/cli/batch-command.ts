/** `think2seg batch INPUT... --query TEXT -o DIR`: many rasters, many questions, nothing lost. */
import { resolve } from 'node:path';
import type { BatchEvent, BatchRequest, BatchResult } from '../contract/batch.ts';
import { Think2SegError } from '../contract/errors.ts';
import { planItems } from '../core/batch/plan-items.ts';
import { readLines } from '../core/batch/read-table.ts';
import { processBatch } from '../core/batch/process-batch.ts';
import { formatsToMerge } from '../core/batch/merge-scenes.ts';
import type { Shard } from '../core/batch/manifest.ts';
import { checkVectorFormat } from '../core/export/feature-writer.ts';
import { BatchPrinter, describeDuration } from './batch-printer.ts';
import { choosePrinter, progressOptions } from './choose-printer.ts';
import { rayOptions, readExecutor, type ClosableExecutor } from './choose-executor.ts';
import { formatTable } from './format-table.ts';
import { installation } from './installation.ts';
import { queryOptions, readQueryOptions, readScaleOptions, scaleOptions } from './query-options.ts';
import { readNonNegative, readOptions } from './read-options.ts';
import { describeArea } from './result-summary.ts';
import { listenForStop } from './stop-signals.ts';
import { printJson, printText } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

const options = {
  ...queryOptions,
  ...scaleOptions,
  query: { type: 'string', short: 'q', multiple: true, default: [] as string[] },
  queries: { type: 'string' },
  list: { type: 'string' },
  table: { type: 'string' },
  output: { type: 'string', short: 'o' },
  format: { type: 'string', multiple: true, default: [] as string[] },
  merge: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  workers: { type: 'string' },
  shard: { type: 'string' },
  ...rayOptions,
  'retry-failed': { type: 'boolean', default: false },
  'fail-fast': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  ...progressOptions,
} as const;

type BatchValues = ReturnType<typeof readOptions<typeof options>>['values'];

function readShard(text: string | undefined): Shard | null {
  if (text === undefined) {
    return null;
  }
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) {
    throw new Think2SegError('USAGE', `--shard got ${JSON.stringify(text)}, expected i/n such as 1/8, counted from 1`);
  }
  return { index, count };
}

function readFormats(values: readonly string[]): string[] {
  const names = values.length === 0 ? ['gpkg'] : values.flatMap((value) => value.split(','));
  const extensions = [...new Set(names.map((name) => (name.startsWith('.') ? name : `.${name}`).toLowerCase()))];
  extensions.forEach((extension) => checkVectorFormat(`scene${extension}`));
  return extensions;
}

async function readQuestions(values: BatchValues): Promise<string[]> {
  const listed = values.queries === undefined ? [] : await readLines('queries', resolve(values.queries));
  const questions = [...values.query, ...listed].map((text) => text.trim());
  if (questions.includes('')) {
    throw new Think2SegError('USAGE', '--query is empty; ask a question such as --query "every swimming pool"');
  }
  return [...new Set(questions)];
}

function describe(result: BatchResult): string {
  const rows = [
    ['done', String(result.done)],
    ['done before', String(result.alreadyDone)],
    ['no target', String(result.noTarget)],
    ['failed', String(result.failed)],
    ['not looked at', String(result.remaining)],
    ['polygons', String(result.features)],
    ['area', describeArea(result.areaM2)],
    ['time', describeDuration(result.wallMs)],
  ];
  return `${formatTable(['', ''], rows).split('\n').slice(2).join('\n')}\n${result.outputs.map((path) => `written        ${path}\n`).join('')}`;
}

function timeoutMs(text: string | undefined): number | null {
  if (text === undefined) {
    return null;
  }
  const seconds = readNonNegative('timeout', text);
  if (seconds === 0 || seconds > 2_000_000) {
    throw new Think2SegError('USAGE', `--timeout got ${text}, expected seconds above 0 and at most 2000000`);
  }
  return seconds * 1000;
}

export async function batchCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('batch', args, options);
  const printer = choosePrinter<BatchEvent>(values, (stream) => new BatchPrinter(stream));
  if (values.output === undefined) {
    throw new Think2SegError('USAGE', '--output is missing; name the folder that results go to');
  }
  const folder = resolve(values.output);
  const named = readFormats(values.format);
  const formats = values.merge ? formatsToMerge(named) : named;
  const batchOptions = { ...(await readQueryOptions(values)), ...readScaleOptions(values), formats };
  const shard = readShard(values.shard);
  const chooseExecutor = readExecutor(values);
  const limitMs = timeoutMs(values.timeout);
  const request: BatchRequest = {
    inputs: positionals.map((path) => resolve(path)),
    listPath: values.list === undefined ? null : resolve(values.list),
    tablePath: values.table === undefined ? null : resolve(values.table),
    questions: await readQuestions(values),
    merge: values.merge,
    options: batchOptions,
  };
  const { items, problems } = await planItems(request, folder);
  const pack = await callEngine('pack.inspect', { directory: batchOptions.packDirectory });

  const requests = listenForStop(() =>
    printer?.show({ kind: 'note', note: 'finishing the scenes that run; Ctrl-C again stops at once' }),
  );
  let executor: ClosableExecutor | null = null;
  let result: BatchResult;
  try {
    executor = await chooseExecutor(batchOptions, pack.sha256);
    result = await processBatch(
      {
        items,
        problems,
        shard,
        merge: values.merge,
        application: { name: 'think2seg', version: installation.version },
        request,
      },
      {
        folder,
        options: batchOptions,
        pack: { id: pack.id, sha256: pack.sha256 },
        timeoutMs: limitMs,
        failFast: values['fail-fast'],
        retryFailed: values['retry-failed'],
      },
      { executor, onEvent: (event) => printer?.show(event) },
      requests,
    );
  } finally {
    printer?.end();
    await executor?.close();
    requests.release();
  }
  if (values.json) {
    printJson(result);
  } else {
    printText(describe(result));
  }
  conclude(result, requests.lastSignal());
}

/** @throws Think2SegError for a batch that is not complete, so that the exit status tells. */
function conclude(result: BatchResult, signalName: NodeJS.Signals | null): void {
  if (result.remaining > 0 && signalName !== null) {
    throw new Think2SegError(
      'CANCELLED',
      `stopped by ${signalName} with ${result.remaining} of ${result.items} left; the same command goes on where it stopped`,
    );
  }
  if (result.failed > 0) {
    throw new Think2SegError(
      'BATCH_INCOMPLETE',
      `${result.failed} of ${result.items} failed; the manifest says why, --retry-failed tries them again`,
    );
  }
}
