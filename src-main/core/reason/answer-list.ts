import { JSONRepairError, jsonrepair } from 'jsonrepair';

/** What an answer says, before anyone looked at its instances. */
export interface AnswerList {
  readonly value: unknown;
  /** The text was not JSON as it stood. */
  readonly repaired: boolean;
  /** Brackets are open at the end: the model was stopped while it wrote. */
  readonly cutOff: boolean;
}

/** Text between the answer tags; without them what follows the thinking, or all. */
function answerText(text: string): string {
  const start = text.indexOf('<answer>');
  if (start >= 0) {
    const end = text.indexOf('</answer>', start);
    return text.slice(start + '<answer>'.length, end < 0 ? undefined : end);
  }
  const thought = text.lastIndexOf('</think>');
  return thought < 0 ? text : text.slice(thought + '</think>'.length);
}

/** Far more than the four of points in an instance in a list; parsers that go down by recursion end somewhere beyond it. */
const maxDepth = 100;

/** Whether brackets, also round ones, are open inside one another deeper than in any list of instances. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}()]/g)) {
    depth = '[{('.includes(bracket) ? depth + 1 : Math.max(0, depth - 1);
    if (depth > maxDepth) {
      return true;
    }
  }
  return false;
}

interface Outline {
  /** Index after the bracket that closes the first one; null when it never closes. */
  readonly end: number | null;
  /** The text with every cut-off number (`-`, `12.`, `3e`) replaced by `null`. */
  readonly withoutCutNumbers: string;
}

const cutNumber = /^(?:-?\d+(?:\.(?!\d)|(?:\.\d+)?[eE][+-]?(?!\d))|-(?![\d\w.]))(?=[\s,\]}]|$)/;

/** Walks over JSON-like text that starts with a bracket, minding strings in either quotes. */
function outline(text: string): Outline {
  const stack: string[] = [];
  let quote: string | null = null;
  let end: number | null = null;
  let cleaned = '';
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (quote !== null) {
      if (character === '\\') {
        cleaned += character;
        i++;
      } else if (character === quote) {
        quote = null;
      }
      cleaned += text.charAt(i);
      continue;
    }
    const previous = text.charAt(i - 1);
    const cut = /[\d-]/.test(character) && !/[\w.+-]/.test(previous) ? cutNumber.exec(text.slice(i, i + 40)) : null;
    if (cut !== null) {
      cleaned += 'null';
      i += cut[0].length - 1;
      continue;
    }
    cleaned += character;
    if (character === '"' || character === "'") {
      quote = character;
    } else if (character === '[' || character === '{') {
      stack.push(character === '[' ? ']' : '}');
    } else if (character === ']' || character === '}') {
      if (stack.pop() !== character) {
        // A bracket is missing inside: only a repair can tell where the list ends.
        stack.length = 0;
        stack.push('never');
      } else if (stack.length === 0 && end === null) {
        end = i + 1;
      }
    }
  }
  return { end, withoutCutNumbers: cleaned };
}

function parseJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/**
 * Where the list of instances begins: at the first `[{`. Without one at a `[]`, unless that belongs to something else: to an instance that
 * stands without a list around it, or to another list. Else at the first `[`, for a repair to make sense of it; -1 for none.
 */
function listStart(answer: string): number {
  const ofInstances = answer.search(/\[\s*\{/);
  if (ofInstances >= 0) {
    return ofInstances;
  }
  const first = answer.indexOf('[');
  const empty = answer.search(/\[\s*\]/);
  if (empty < 0) {
    return first;
  }
  const before = answer.slice(0, empty);
  const isOfAnother = answer.includes('{') || before.split('[').length !== before.split(']').length;
  if (!isOfAnother) {
    return empty;
  }
  return first === empty ? -1 : first;
}

/**
 * Finds the list in an answer: from its first `[` to the last `]` as the published parser does, then, where that is not
 * JSON, the first list that closes (text with brackets may follow it), then a repair.
 *
 * The repair library completes a number that was cut off (`-` becomes `-0`); such numbers are made `null` beforehand, so
 * that no coordinate is ever invented.
 *
 * @returns null when there is nothing that could be a list.
 */
export function findAnswerList(text: string): AnswerList | null {
  const answer = answerText(text);
  const first = listStart(answer);
  const last = answer.lastIndexOf(']');
  if (first < 0 || last < first) {
    return null;
  }
  const slice = answer.slice(first, last + 1);
  if (isTooDeep(slice)) {
    return null;
  }
  const plain = parseJson(slice);
  if (plain !== null) {
    return { ...plain, repaired: false, cutOff: false };
  }
  const { end, withoutCutNumbers } = outline(slice);
  if (end !== null) {
    const closed = parseJson(slice.slice(0, end));
    if (closed !== null) {
      return { ...closed, repaired: false, cutOff: false };
    }
  }
  try {
    const repaired = parseJson(jsonrepair(withoutCutNumbers));
    // What only a repair has emptied, such as `[...]`, does not say "no target".
    return repaired === null || isEmptyList(repaired.value)
      ? null
      : { ...repaired, repaired: true, cutOff: end === null };
  } catch (error) {
    if (error instanceof JSONRepairError) {
      return null;
    }
    throw error;
  }
}
