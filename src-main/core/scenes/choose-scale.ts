/** Whether a question is about the place as a whole or about every object in it. */
import type { TilePlan } from './plan-tiles.ts';

export interface ScaleChoice {
  readonly scale: 'whole' | 'tiles';
  readonly reason: string;
}

/** Words that ask for all of something; the scene as a whole is too coarse to find each of them. */
const everyWords = /\b(every|each|all|individual|count|how many|number of|list)\b/i;
/** Words that compare across the place; tile by tile there would be a winner in each. A bound ("at least") compares nothing. */
const wholeWords = new RegExp(
  [
    '\\b(largest|biggest|smallest|longest|shortest|widest|narrowest|tallest|highest|nearest|closest|farthest|furthest|best)\\b',
    '\\b((north|south|east|west)\\w*|upper|lower|left|right|top|bottom)most\\b',
    '(?<!\\bat (the )?(very )?)\\b(most|least)\\b',
  ].join('|'),
  'i',
);

/** The word of a question that compares across the place; null where nothing does. */
export function comparingWord(question: string): string | null {
  return wholeWords.exec(question)?.[0] ?? null;
}

export function chooseScale(question: string, plan: Pick<TilePlan, 'tiles'>): ScaleChoice {
  if (plan.tiles.length === 1) {
    return { scale: 'whole', reason: 'all of it fits into one picture at the wanted resolution' };
  }
  const whole = comparingWord(question);
  if (whole !== null) {
    return { scale: 'whole', reason: `"${whole}" compares across the whole place` };
  }
  const every = everyWords.exec(question)?.[0];
  return every === undefined
    ? { scale: 'whole', reason: 'the question does not ask for every object; --scale tiles looks at each part closely' }
    : { scale: 'tiles', reason: `"${every}" asks for each object` };
}
