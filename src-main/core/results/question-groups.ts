/** Features of one layer by the question that they answer, each with the run that answered it. */
import type { RunRecord } from '../../contract/run-record.ts';
import { truncateUtf8 } from '../export/attributes.ts';
import { dbaseTextBytes } from '../export/ogr-layer.ts';
import type { VectorFeature } from './geojson-features.ts';

export interface QuestionGroup {
  /** Empty for features that answer none. */
  readonly question: string;
  readonly features: readonly VectorFeature[];
  readonly runRecord: RunRecord | null;
}

/** In the order in which questions come first. */
export function groupByQuestion(
  features: readonly VectorFeature[],
  runs: readonly RunRecord[],
  isOwn: boolean,
): QuestionGroup[] {
  const groups = new Map<string, VectorFeature[]>();
  for (const feature of features) {
    const { question } = feature.properties;
    const asked = isOwn && typeof question === 'string' ? question : '';
    const group = groups.get(asked);
    if (group === undefined) {
      groups.set(asked, [feature]);
    } else {
      group.push(feature);
    }
  }
  return [...groups].map(([question, members]) => {
    const answering = isOwn ? runs.filter((run) => isAsked(run.question ?? '', question)) : [];
    const [last] = answering.slice(-1);
    return { question: last?.question ?? question, features: members, runRecord: joined(answering) };
  });
}

/** Shapefiles cut what is too long for them. */
function isAsked(whole: string, stored: string): boolean {
  return whole === stored || truncateUtf8(whole, dbaseTextBytes) === stored;
}

/** The last run, with earlier ones of the same question inside. */
function joined(runs: readonly RunRecord[]): RunRecord | null {
  const [last] = runs.slice(-1);
  const others = runs.slice(0, -1);
  return last === undefined ? null : others.length === 0 ? last : { ...last, otherRuns: [...others] };
}
