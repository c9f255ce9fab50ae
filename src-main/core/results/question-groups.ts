/** Features of one layer by the question that they answer, each with the run that answered it. */
import type { RunRecord } from '../../contract/run-record.ts';
import { truncateUtf8 } from '../export/attributes.ts';
import { dbaseTextBytes } from '../export/ogr-layer.ts';
import type { VectorFeature } from './geojson-features.ts';

type RasterFacts = Pick<RunRecord['scene'], 'path' | 'width' | 'height'>;

export interface QuestionGroup {
  /** Empty for features that answer none. */
  readonly question: string;
  readonly features: readonly VectorFeature[];
  /** Those of the raster, oldest first. */
  readonly runs: readonly RunRecord[];
  /** All of them in one. */
  readonly runRecord: RunRecord | null;
}

/** In the order in which questions come first. */
export function groupByQuestion(
  features: readonly VectorFeature[],
  runs: readonly RunRecord[],
  isOwn: boolean,
  raster: RasterFacts,
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
    const asked = isOwn ? runs.filter((run) => isAsked(run.question ?? '', question)) : [];
    const answering = runsOf(raster, asked);
    const [last] = answering.slice(-1);
    return { question: last?.question ?? question, features: members, runs: answering, runRecord: joined(answering) };
  });
}

/** A layer may have answers of several rasters to one question. Of a raster that was moved the name and the size tell, of one that was renamed nothing. */
function runsOf({ path, width, height }: RasterFacts, runs: readonly RunRecord[]): readonly RunRecord[] {
  const here = runs.filter(({ scene }) => scene.path === path);
  const moved = runs.filter(
    ({ scene }) => lastName(scene.path) === lastName(path) && scene.width === width && scene.height === height,
  );
  return [here, moved].find((some) => some.length > 0) ?? runs;
}

/** Of a path of any system. */
function lastName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
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
