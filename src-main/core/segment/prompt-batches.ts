import { Think2SegError } from '../../contract/errors.ts';
import type { SegmenterPrompt } from '../ports.ts';

/** Prompts of one shape that go through the decoder together. */
export interface PromptBatch {
  /** Positions of the prompts in the caller's list. */
  readonly indices: readonly number[];
  readonly hasBox: boolean;
  /** Points of every prompt, positive and negative together. */
  readonly pointCount: number;
}

/**
 * Groups prompts by shape: a prompt padded to more points gets another mask, so only equal point counts share a batch.
 * Batches keep the order of the list within themselves and hold at most `maxPrompts` prompts.
 *
 * @throws {Think2SegError} PROMPTS_INVALID for a prompt with neither box nor positive point, or with a coordinate that
 *   is no finite number.
 */
export function batchPrompts(prompts: readonly SegmenterPrompt[], maxPrompts: number): PromptBatch[] {
  const batches: PromptBatch[] = [];
  const open = new Map<string, { indices: number[]; hasBox: boolean; pointCount: number }>();
  prompts.forEach((prompt, index) => {
    checkPrompt(prompt, index);
    const hasBox = prompt.boxImagePx !== null;
    const pointCount = prompt.positivePointsImagePx.length + prompt.negativePointsImagePx.length;
    const shape = `${hasBox} ${pointCount}`;
    let batch = open.get(shape);
    if (batch === undefined || batch.indices.length >= maxPrompts) {
      batch = { indices: [], hasBox, pointCount };
      open.set(shape, batch);
      batches.push(batch);
    }
    batch.indices.push(index);
  });
  return batches;
}

function checkPrompt(prompt: SegmenterPrompt, index: number): void {
  if (prompt.boxImagePx === null && prompt.positivePointsImagePx.length === 0) {
    throw new Think2SegError(
      'PROMPTS_INVALID',
      `prompt ${index + 1} has neither a box nor a positive point; expected at least one of them`,
    );
  }
  const coordinates = [
    ...(prompt.boxImagePx ?? []),
    ...prompt.positivePointsImagePx.flat(),
    ...prompt.negativePointsImagePx.flat(),
  ];
  const wrong = coordinates.find((coordinate) => !Number.isFinite(coordinate));
  if (wrong !== undefined) {
    throw new Think2SegError(
      'PROMPTS_INVALID',
      `prompt ${index + 1} has the coordinate ${wrong}; expected finite numbers`,
    );
  }
}
