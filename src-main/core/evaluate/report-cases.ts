/** The worst and the best cases of an evaluation as pictures, drawn again from the answers in the rows. */
import { createHash } from 'node:crypto';
import type { SegmentMode } from '../../contract/run-record.ts';
import { resizeRgb } from '../image/resize.ts';

import type { QueryContext, StepOptions } from '../query/query-ports.ts';
import { readSceneView } from '../query/scene-view.ts';
import { drawCase } from './case-picture.ts';
import { comparisonGrid, maskOfPrompts, placeAnswer, type EvaluationPorts } from './predict.ts';
import { readTarget } from './read-target.ts';
import { resizeNearest } from './resize-nearest.ts';
import type { SampleRow } from './sample-row.ts';
import type { Sample } from './sample.ts';

export interface ReportCase {
  readonly row: SampleRow;
  readonly reasoning: string | null;
  readonly png: Buffer;
}

/** Longest side of a picture. */
const pictureSidePx = 420;

/** An order that has nothing to do with what a sample shows: data sets are often sorted by place or class. */
function drawOf({ id }: SampleRow): string {
  return createHash('sha256').update(id).digest('hex');
}

/** The worst answers, worst first, and the best ones on a target, best first; no row is in both. Of equal ones, drawn ones. */
export function chooseCases(
  rows: readonly SampleRow[],
  count: number,
): { readonly worst: SampleRow[]; readonly best: SampleRow[] } {
  const ascending = [...rows].sort((a, b) => a.overlap.iou - b.overlap.iou || (drawOf(a) < drawOf(b) ? -1 : 1));
  const worst = ascending.filter(({ overlap }) => overlap.iou < 1).slice(0, count);
  const isWorst = new Set(worst.map(({ id }) => id));
  const best = ascending
    .reverse()
    .filter(({ id, targetPx }) => targetPx > 0 && !isWorst.has(id))
    .slice(0, count);
  return { worst, best };
}

export async function drawReportCase(
  ports: EvaluationPorts,
  sample: Sample,
  row: SampleRow,
  mode: SegmentMode,
  context: QueryContext,
  options: StepOptions,
): Promise<ReportCase> {
  const source = await ports.rasters.open(sample.imagePath, options.signal);
  try {
    const whole = { target: { kind: 'scene' }, bands: null } as const;
    const view = await readSceneView(source, whole, { ...context, keptCrops: 0 }, options);
    const grid = comparisonGrid(view, mode, context);
    const target = await readTarget(ports.rasters, sample.target, view.windowPx, grid, options.signal);
    const given = { kind: 'answer', text: row.answer } as const;
    const answer = row.valid ? await placeAnswer(ports, view, row.question, given, context, options) : null;
    const answered = answer === null ? null : await maskOfPrompts(ports, view, answer.prompts, mode, context, options);
    const { imageModel } = view.model;
    const scale = Math.min(1, pictureSidePx / Math.max(imageModel.width, imageModel.height));
    const size = { width: Math.round(imageModel.width * scale), height: Math.round(imageModel.height * scale) };
    const png = drawCase({
      image: resizeRgb(imageModel, size.width, size.height, 'bilinear'),
      target: resizeNearest(target, grid, size),
      predicted: answered?.mask === null || answered === null ? null : resizeNearest(answered.mask, grid, size),
      prompts: row.prompts,
      frame: context.frame,
    });
    return { row, reasoning: answer?.reasoning ?? null, png };
  } finally {
    await source.close();
  }
}
