/** Whether a question is about the place as a whole or about every object in it. */
import type { TilePlan } from './plan-tiles.ts';

export interface ScaleChoice {
  readonly scale: 'whole' | 'tiles';
  readonly reason: string;
}

/** Words that ask for all of something; the scene as a whole is too coarse to find each of them. */
const everyWords = /\b(every|each|all|individual|count|how many|number of|list)\b/i;
/** Words that compare across the place; tile by tile there would be a winner in each. */
const wholeWords =
  /\b(largest|biggest|smallest|longest|widest|nearest|closest|farthest|furthest|best|most|least|main)\b/i;

export function chooseScale(question: string, plan: Pick<TilePlan, 'tiles'>): ScaleChoice {
  if (plan.tiles.length === 1) {
    return { scale: 'whole', reason: 'all of it fits into one picture at the wanted resolution' };
  }
  const whole = wholeWords.exec(question)?.[0];
  if (whole !== undefined) {
    return { scale: 'whole', reason: `"${whole}" compares across the whole place` };
  }
  const every = everyWords.exec(question)?.[0];
  return every === undefined
    ? { scale: 'whole', reason: 'the question does not ask for every object; --scale tiles looks at each part closely' }
    : { scale: 'tiles', reason: `"${every}" asks for each object` };
}
