/** What `think2seg evaluate` is asked and what it answers. The keys of the report are a public contract: more may come, none change. */
import { z } from 'zod';
import { modelOptionsSchema } from './model-options.ts';
import type { ProviderUse } from './provider.ts';
import type { SegmentMode } from './run-record.ts';

export const datasetNames = ['earthreason', 'rrsisd', 'refsegrs', 'risbench'] as const;

export type DatasetName = (typeof datasetNames)[number];

/** Pictures make the report large: so many worst and best cases at most. */
export const mostPictures = 200;

/** What is varied while the answers of the language model stay the same. */
export const studySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prompts') }),
  z.object({ kind: z.literal('granularity') }),
  /** The segmenters of other packs on the same prompts. */
  z.object({ kind: z.literal('segmenter'), packDirectories: z.array(z.string().min(1)).min(1) }),
]);

export const evaluateInputSchema = z.object({
  dataset: z.enum(datasetNames),
  rootDirectory: z.string().min(1),
  split: z.string().regex(/^[A-Za-z0-9_-]+$/),
  ...modelOptionsSchema,
  /** `reference`: the segmenter sees the model frame and masks are compared there, as published; `native`: on the image's own pixels. */
  mode: z.enum(['native', 'reference']),
  /** Chooses one question where a sample has several. */
  seed: z.number().int().min(0),
  /** Evaluate so many samples, spread evenly over the split; null: all. */
  limit: z.number().int().min(1).nullable(),
  study: studySchema.nullable(),
  /** Where rows and reports go. Rows that are there already are not computed again. */
  outDirectory: z.string().min(1),
  /** Throw away rows of an earlier run. */
  restart: z.boolean(),
  /** How many of the worst and of the best cases the report shows as pictures. */
  pictures: z.number().int().min(0).max(mostPictures),
  /** Name of the hidden folder for unfinished files, chosen by the caller so that it can clean up after a kill. */
  scratchName: z.string().regex(/^\.think2seg-[A-Za-z0-9-]+$/),
});

export type EvaluateInput = z.infer<typeof evaluateInputSchema>;

/** Null where there is nothing to average: no sample with (or without) a target. */
export interface Scores {
  /** Mean IoU over all samples; an empty answer on an empty target counts 1. */
  gIoU: number;
  /** Sum of intersections over sum of unions. */
  cIoU: number | null;
  /** The same over the samples with a target. */
  targetGIoU: number | null;
  targetCIoU: number | null;
  /** Share of the samples without a target that were answered with an empty list. */
  noTargetAccuracy: number | null;
}

export interface GroupScores {
  samples: number;
  gIoU: number;
  cIoU: number | null;
  targetGIoU: number | null;
}

/** Answers that look at nothing, on the same samples. */
export const baselineNames = ['emptyList', 'wholeFrame', 'centralBox'] as const;

export type BaselineName = (typeof baselineNames)[number];

export interface StudyResult {
  kind: z.infer<typeof studySchema>['kind'];
  /** In the order of the table. `scores` is null where the segmenter cannot do this, and `note` says why. */
  variants: { name: string; scores: Scores | null; note?: string }[];
}

/** A sample that could not be evaluated: it is in no figure. */
export interface SampleProblem {
  id: string;
  problem: string;
}

export interface EvaluationReport extends Scores {
  schema: 1;
  dataset: DatasetName;
  split: string;
  mode: SegmentMode;
  seed: number;
  /** Samples that the figures are made of. */
  samples: number;
  samplesWithTarget: number;
  /** Share of answers that could be parsed. */
  validAnswerRate: number;
  /** Share of samples with an IoU above 0.5. */
  shareAbove50: number;
  /** By the class that the data set names; empty where it names none. */
  perClass: Record<string, GroupScores>;
  /** By the relation that the data set names (our own scenes do), samples with a target only. */
  perRelation: Record<string, GroupScores>;
  baselines: Record<BaselineName, Scores>;
  study: StudyResult | null;
  /** Samples whose files are missing or do not fit; listed, never silently skipped. */
  problems: SampleProblem[];
  /** Mean wall-clock time of a sample that this run computed; null when all rows were there. */
  msPerSample: number | null;
  pack: { id: string; version: string; sha256: string };
  provider: ProviderUse;
  outputs: string[];
}
