/** What a person sees of a question under way: stages with their times, the text as it is written, its speed. */
import { stages, type ProgressEvent, type Stage } from '../../src-main/contract/progress.ts';
import { fractionDone, timeLeftMs } from './time-left.ts';

export interface StageTime {
  readonly stage: Stage;
  readonly startedAtMs: number;
  /** Null while it runs. */
  readonly endedAtMs: number | null;
  /** 0 to 1; null when the stage does not say. */
  readonly fraction: number | null;
  /** By what went so far, when the stage last said how far it is; null without an estimate. */
  readonly leftMs: number | null;
}

export interface AskProgress {
  readonly startedAtMs: number;
  /** In the order in which they began. */
  readonly stages: readonly StageTime[];
  /** The answer letter by letter, tags included. */
  readonly answerText: string;
  readonly tokensPerSecond: number | null;
  readonly notes: readonly string[];
}

/** The stages of a question, shown before they begin. Writing belongs to export, the others to work on many questions. */
const otherWork: readonly Stage[] = ['writing', 'evaluating', 'batch'];

export const askStages = stages.filter((stage) => !otherWork.includes(stage));

export function startProgress(nowMs: number): AskProgress {
  return { startedAtMs: nowMs, stages: [], answerText: '', tokensPerSecond: null, notes: [] };
}

export function advance(progress: AskProgress, event: ProgressEvent, nowMs: number): AskProgress {
  const { stage, text, tokensPerSecond, note } = event;
  return {
    ...progress,
    stages: enterStage(progress.stages, stage, fractionDone(event), nowMs),
    answerText: progress.answerText + (text ?? ''),
    tokensPerSecond: tokensPerSecond ?? progress.tokensPerSecond,
    notes: note === undefined || progress.notes.includes(note) ? progress.notes : [...progress.notes, note],
  };
}

/** Stages may alternate: models are loaded between reading and seeing. Each counts from its first begin to its last end. */
function enterStage(times: readonly StageTime[], stage: Stage, fraction: number | null, nowMs: number): StageTime[] {
  const ended = times.map((time) =>
    time.stage === stage
      ? { ...time, endedAtMs: null, fraction, leftMs: timeLeftMs(fraction, nowMs - time.startedAtMs) }
      : { ...time, endedAtMs: time.endedAtMs ?? nowMs, fraction: 1, leftMs: null },
  );
  return times.some((time) => time.stage === stage)
    ? ended
    : [...ended, { stage, startedAtMs: nowMs, endedAtMs: null, fraction, leftMs: null }];
}

/** @param rawAnswer the whole of it, where it is known: its last words may still be on the way when the result is here. */
export function finishProgress(progress: AskProgress, nowMs: number, rawAnswer: string | null): AskProgress {
  return {
    ...progress,
    answerText: rawAnswer ?? progress.answerText,
    stages: progress.stages.map((time) => ({ ...time, endedAtMs: time.endedAtMs ?? nowMs })),
  };
}

/** The reasoning part of an answer, also of one that is still being written: tags go, and so does the list of prompts. */
export function reasoningOf(answerText: string): string {
  const [beforeAnswer = ''] = answerText.split('<answer>');
  return beforeAnswer
    .replace(/<\/?think>/g, '')
    .replace(/<\/?[a-z]*$/, '')
    .trim();
}
