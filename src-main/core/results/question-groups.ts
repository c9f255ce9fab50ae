/** Features of one layer by the question that they answer, each with the run that answered it. */
import type { RunRecord } from '../../contract/run-record.ts';
import { truncateUtf8 } from '../export/attributes.ts';
import { dbaseTextBytes } from '../export/ogr-layer.ts';
import type { VectorFeature } from './geojson-features.ts';
import { isSameRaster, type RasterFacts } from './recorded-raster.ts';

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

/** A layer may have answers of several rasters to one question. Of a raster that was renamed nothing tells. */
function runsOf(raster: RasterFacts, runs: readonly RunRecord[]): readonly RunRecord[] {
  const here = runs.filter(({ scene }) => scene.path === raster.path);
  const moved = runs.filter(({ scene }) => isSameRaster(scene, raster));
  return [here, moved].find((some) => some.length > 0) ?? runs;
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
