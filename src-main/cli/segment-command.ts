import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import { explainParse } from '../contract/explain-parse.ts';
import type { ProgressEvent } from '../contract/progress.ts';
import { givenPromptListSchema } from '../contract/prompt.ts';
import type { RouteInput } from '../contract/routes.ts';
import { choosePrinter, progressOptions } from './choose-printer.ts';
import { ProgressPrinter } from './progress-printer.ts';
import { queryOptions, readQueryOptions, readScaleOptions, scaleOptions } from './query-options.ts';
import { readIntegerList, readNumberList, readOnlyPositional, readOptions } from './read-options.ts';
import { removeUnfinished } from './remove-unfinished.ts';
import { describeResult } from './result-summary.ts';
import { printJson, printText } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

type SegmentRequest = RouteInput<'query.segment'>;

const options = {
  query: { type: 'string', short: 'q' },
  output: { type: 'string', short: 'o', multiple: true, default: [] as string[] },
  ...queryOptions,
  ...scaleOptions,
  window: { type: 'string' },
  bbox: { type: 'string' },
  mask: { type: 'string' },
  overlay: { type: 'string' },
  prompts: { type: 'string' },
  answer: { type: 'string' },
  overwrite: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  ...progressOptions,
} as const;

type SegmentOptions = ReturnType<typeof readOptions<typeof options>>['values'];

async function readGivenFile(option: string, path: string): Promise<string> {
  try {
    // Editors of Windows begin a text with a byte order mark.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `--${option} ${path} could not be read (${reason}); expected a text file`,
    );
  }
}

async function readPromptsFile(path: string): Promise<SegmentRequest['promptSource']> {
  const text = await readGivenFile('prompts', path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'PROMPTS_INVALID',
      `--prompts ${path} is not JSON (${reason}); expected a list of prompts`,
    );
  }
  const parsed = givenPromptListSchema.safeParse(json);
  if (!parsed.success) {
    throw new Think2SegError(
      'PROMPTS_INVALID',
      `--prompts ${path}: ${explainParse(parsed.error)}; expected a list of ` +
        `{"bbox_2d":[x0,y0,x1,y1],"positive_points":[[x,y],..]} in window pixels`,
    );
  }
  return { kind: 'prompts', promptsWindowPx: parsed.data };
}

async function readPromptSource(values: SegmentOptions): Promise<SegmentRequest['promptSource']> {
  if (values.prompts !== undefined && values.answer !== undefined) {
    throw new Think2SegError('USAGE', '--prompts and --answer were both given; only one can place the prompts');
  }
  if (values.prompts !== undefined) {
    return readPromptsFile(resolve(values.prompts));
  }
  if (values.answer !== undefined) {
    return { kind: 'answer', text: await readGivenFile('answer', resolve(values.answer)) };
  }
  return { kind: 'model' };
}

function readTarget(values: SegmentOptions): SegmentRequest['target'] {
  if (values.window !== undefined && values.bbox !== undefined) {
    throw new Think2SegError('USAGE', '--window and --bbox were both given; only one can say where to look');
  }
  if (values.window !== undefined) {
    const [x = 0, y = 0, width = 0, height = 0] = readIntegerList('window', values.window, [4]);
    return { kind: 'window', windowPx: { x, y, width, height } };
  }
  if (values.bbox !== undefined) {
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = readNumberList('bbox', values.bbox, [4]);
    return { kind: 'bbox', boundsMap: [minX, minY, maxX, maxY] };
  }
  return { kind: 'scene' };
}

/** `think2seg segment RASTER --query TEXT`: the main job. */
export async function segmentCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('segment', args, options);
  const printer = choosePrinter<ProgressEvent>(values, (stream) => new ProgressPrinter(stream));
  const rasterPath = resolve(readOnlyPositional('segment', 'raster', positionals));
  const promptSource = await readPromptSource(values);
  const question = values.query?.trim() ?? '';
  if (question === '' && promptSource.kind !== 'prompts') {
    throw new Think2SegError(
      'USAGE',
      '--query is missing; ask a question such as --query "where can a helicopter land?"',
    );
  }

  const scratchName = `.think2seg-${randomUUID()}`;
  const outputPaths = values.output.map((path) => resolve(path));
  const maskPath = values.mask === undefined ? null : resolve(values.mask);
  const overlayPath = values.overlay === undefined ? null : resolve(values.overlay);
  const request: SegmentRequest = {
    rasterPath,
    question,
    target: readTarget(values),
    promptSource,
    ...(await readQueryOptions(values)),
    ...readScaleOptions(values),
    outputPaths,
    maskPath,
    overlayPath,
    overwrite: values.overwrite,
    scratchName,
  };

  let result;
  try {
    result = await callEngine('query.segment', request, {
      ...(printer === null ? {} : { onProgress: (event) => printer.show(event) }),
      removeUnfinished: () => removeUnfinished(request, scratchName),
    });
  } finally {
    printer?.end();
  }
  if (values.json) {
    printJson(result);
  } else {
    printText(describeResult(result));
  }
}
