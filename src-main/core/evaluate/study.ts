/** What a study varies: how the prompts of an answer are used, and by which segmenter. */
import type { z } from 'zod';
import type { studySchema } from '../../contract/evaluation.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { Segmenter } from '../ports.ts';

export interface Variant {
  readonly name: string;
  readonly change: (prompts: readonly Prompt[]) => Prompt[];
  /** Null: the segmenter of the pack that answers. */
  readonly loadSegmenter: ((signal: AbortSignal) => Promise<Segmenter>) | null;
}

export interface OtherSegmenter {
  /** Id and version of its pack. */
  readonly name: string;
  /** Of its pack. */
  readonly sha256: string;
  readonly load: (signal: AbortSignal) => Promise<Segmenter>;
}

type Box = NonNullable<Prompt['bbox_2d']>;

function boxOnly(prompts: readonly Prompt[]): Prompt[] {
  return prompts.map((prompt) => (prompt.bbox_2d === undefined ? prompt : { bbox_2d: prompt.bbox_2d }));
}

function pointsOnly(prompts: readonly Prompt[]): Prompt[] {
  return prompts.map((prompt) =>
    (prompt.positive_points ?? []).length === 0 ? prompt : { positive_points: prompt.positive_points },
  );
}

function withoutNegatives(prompts: readonly Prompt[]): Prompt[] {
  return prompts.map(({ bbox_2d, positive_points }) => ({
    ...(bbox_2d === undefined ? {} : { bbox_2d }),
    ...(positive_points === undefined ? {} : { positive_points }),
  }));
}

/** The model's own negative points; where it writes none, the positive points of the other instances. */
function withNegatives(prompts: readonly Prompt[]): Prompt[] {
  return prompts.map((prompt, index) => {
    const own = prompt.negative_points ?? [];
    const others = prompts.flatMap((other, at) => (at === index ? [] : (other.positive_points ?? [])));
    const negatives = own.length > 0 ? own : others;
    return negatives.length === 0 ? prompt : { ...prompt, negative_points: negatives };
  });
}

/** All instances as one: the box around all boxes and every point. */
function asOneTarget(prompts: readonly Prompt[]): Prompt[] {
  if (prompts.length < 2) {
    return [...prompts];
  }
  const boxes = prompts.map(({ bbox_2d }) => bbox_2d).filter((box): box is Box => box !== undefined);
  const positivePoints = prompts.flatMap(({ positive_points }) => positive_points ?? []);
  const around: Box = [
    Math.min(...boxes.map(([x0]) => x0)),
    Math.min(...boxes.map(([, y0]) => y0)),
    Math.max(...boxes.map(([, , x1]) => x1)),
    Math.max(...boxes.map(([, , , y1]) => y1)),
  ];
  return [
    {
      ...(boxes.length === 0 ? {} : { bbox_2d: around }),
      ...(positivePoints.length === 0 ? {} : { positive_points: positivePoints }),
    },
  ];
}

/** Id and version of each pack; with its folder where two packs have both in common, for a table must tell them apart. */
export function namesOfPacks(
  packs: readonly { readonly id: string; readonly version: string; readonly directory: string }[],
): string[] {
  const short = packs.map(({ id, version }) => `${id} ${version}`);
  return packs.map(({ directory }, index) => {
    const name = short[index]!;
    return short.filter((other) => other === name).length === 1 ? name : `${name} in ${directory}`;
  });
}

/** In the order of the table. */
export function variantsOf(
  study: z.infer<typeof studySchema> | null,
  otherSegmenters: readonly OtherSegmenter[],
): Variant[] {
  const same = (prompts: readonly Prompt[]): Prompt[] => [...prompts];
  switch (study?.kind) {
    case undefined:
      return [];
    case 'prompts':
      return [
        { name: 'box', change: boxOnly, loadSegmenter: null },
        { name: 'points', change: pointsOnly, loadSegmenter: null },
        { name: 'box + points', change: withoutNegatives, loadSegmenter: null },
        { name: 'box + points + negatives', change: withNegatives, loadSegmenter: null },
      ];
    case 'granularity':
      return [
        { name: 'instances', change: same, loadSegmenter: null },
        { name: 'semantic', change: asOneTarget, loadSegmenter: null },
      ];
    case 'segmenter':
      return otherSegmenters.map(({ name, load }) => ({ name, change: same, loadSegmenter: load }));
  }
}
