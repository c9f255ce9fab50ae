import { Think2SegError } from '../../contract/errors.ts';
import type { Prompt } from '../../contract/prompt.ts';
import { findAnswerList } from './answer-list.ts';
import { dropOverlaps } from './overlap.ts';

/** How many points a pack's model writes for one instance. */
export interface AnswerSchema {
  /** Exactly so many. */
  readonly positivePoints: number;
  /** At most so many. */
  readonly negativePoints: number;
}

/** What the published weights were trained to write. */
export const publishedSchema: AnswerSchema = { positivePoints: 2, negativePoints: 0 };

export interface ParsedAnswer {
  /** In model-frame pixels, in the order of the answer, overlaps removed, not clipped. Empty: no target. */
  readonly prompts: Prompt[];
  /** Text inside `<think>`; null when there is none. */
  readonly reasoning: string | null;
  /** The list was not valid JSON as written, or its cut-off end was left out. */
  readonly repaired: boolean;
}

type PromptBox = NonNullable<Prompt['bbox_2d']>;
type PromptPoints = NonNullable<Prompt['positive_points']>;

/** A number, or the plain decimal text of one. Anything else is not a coordinate. */
function asCoordinate(value: unknown): number | null {
  const isDecimal = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value);
  const number = isDecimal ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function asNumbers(value: unknown, length: number): number[] | null {
  if (!Array.isArray(value) || value.length !== length) {
    return null;
  }
  const numbers: number[] = [];
  for (const item of value as unknown[]) {
    const number = asCoordinate(item);
    if (number === null) {
      return null;
    }
    numbers.push(number);
  }
  return numbers;
}

function asPoints(value: unknown): PromptPoints | null {
  if (!Array.isArray(value)) {
    return null;
  }
  const points: PromptPoints = [];
  for (const item of value as unknown[]) {
    const pair = asNumbers(item, 2);
    if (pair === null) {
      return null;
    }
    points.push(pair as [number, number]);
  }
  return points;
}

/** A prompt, or in words what is wrong with it. */
function asPrompt(instance: unknown, schema: AnswerSchema): Prompt | string {
  if (typeof instance !== 'object' || instance === null || Array.isArray(instance)) {
    return `is ${show(instance)}, expected an object with bbox_2d and positive_points`;
  }
  const given = instance as Record<string, unknown>;
  const prompt: Prompt = {};
  if (given['bbox_2d'] !== undefined) {
    const box = asNumbers(given['bbox_2d'], 4);
    if (box === null) {
      return `has bbox_2d ${show(given['bbox_2d'])}, expected four numbers [x0, y0, x1, y1]`;
    }
    prompt.bbox_2d = box as PromptBox;
  }
  if (given['positive_points'] !== undefined) {
    const points = asPoints(given['positive_points']);
    if (points?.length !== schema.positivePoints) {
      return `has positive_points ${show(given['positive_points'])}, expected ${schema.positivePoints} points [x, y]`;
    }
    prompt.positive_points = points;
  }
  if (given['negative_points'] !== undefined) {
    const points = asPoints(given['negative_points']);
    if (points === null || points.length > schema.negativePoints) {
      return `has negative_points ${show(given['negative_points'])}, expected ${schema.negativePoints === 0 ? 'none' : `at most ${schema.negativePoints} points [x, y]`}`;
    }
    if (points.length > 0) {
      prompt.negative_points = points;
    }
  }
  if (prompt.bbox_2d === undefined && (prompt.positive_points ?? []).length === 0) {
    const keys = Object.keys(given).join(', ');
    return `has ${keys === '' ? 'no keys' : `the keys ${keys}`}, expected bbox_2d and positive_points`;
  }
  return prompt;
}

/** What can be used of the instance at which the model was stopped: its box, if that was complete. */
function boxOfCutInstance(instance: unknown): Prompt | null {
  if (typeof instance !== 'object' || instance === null) {
    return null;
  }
  const box = asNumbers((instance as Record<string, unknown>)['bbox_2d'], 4);
  return box === null ? null : { bbox_2d: box as PromptBox };
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function malformed(text: string, problem: string): Think2SegError {
  return new Think2SegError(
    'ANSWER_MALFORMED',
    `the model's answer ${problem}; ask again in other words, or check that the pack's prompt template belongs to its model`,
    { detail: text },
  );
}

/** Text inside the first `<think>` tags; null when there are none. */
export function reasoningOf(text: string): string | null {
  return /<think>([\s\S]*?)<\/think>/.exec(text)?.[1]?.trim() ?? null;
}

/**
 * Reads the prompts out of a model's raw answer: tolerant of fences, chatter and broken JSON, never of a missing
 * coordinate. An instance at which the model was stopped counts with its box if that is complete, else not at all; if
 * nothing is left the answer is malformed, for an empty list means "no target".
 *
 * @throws Think2SegError ANSWER_MALFORMED with the raw text as detail.
 */
export function parseAnswer(text: string, schema: AnswerSchema = publishedSchema): ParsedAnswer {
  const list = findAnswerList(text);
  if (list === null) {
    throw malformed(
      text,
      'holds no list, expected [{"bbox_2d": [x0, y0, x1, y1], "positive_points": [[x, y], ...]}, ...]',
    );
  }
  if (!Array.isArray(list.value)) {
    throw malformed(text, `is ${show(list.value)}, expected a list of objects`);
  }
  const instances = list.value as unknown[];
  const prompts: Prompt[] = [];
  let repaired = list.repaired;
  for (const [index, instance] of instances.entries()) {
    const prompt = asPrompt(instance, schema);
    if (typeof prompt !== 'string') {
      prompts.push(prompt);
      continue;
    }
    const cutHere = list.cutOff && index === instances.length - 1;
    const box = cutHere ? boxOfCutInstance(instance) : null;
    if (box !== null) {
      prompts.push(box);
    } else if (!cutHere || prompts.length === 0) {
      throw malformed(text, `is not as agreed: instance ${index + 1} of ${instances.length} ${prompt}`);
    }
    repaired = true;
  }
  return { prompts: dropOverlaps(prompts), reasoning: reasoningOf(text), repaired };
}
