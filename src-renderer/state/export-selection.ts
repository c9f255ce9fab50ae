/** What of the work goes into a file. */
import type { AttributeField, AttributeValue } from '../../src-main/contract/attributes.ts';
import { joinedFields, joinedValues } from './attribute-columns.ts';
import type { DrawnInstance } from '../../src-main/contract/drawn-instance.ts';
import type { WindowPx } from '../../src-main/contract/geo.ts';
import type { ReviewedResult } from '../../src-main/contract/review.ts';
import type { RunRecord } from '../../src-main/contract/run-record.ts';
import {
  isRefined,
  isStale,
  type Instance,
  type RasterLayer,
  type Result,
  type Verdict,
  type WorkDocument,
} from './document.ts';
import { drawnOnly, shownInstances, type RefinedShapes } from './refined-shapes.ts';
import { joinRecords } from './run-records.ts';

export type ExportScope = 'accepted' | 'not-rejected';

interface ExportedInstance extends DrawnInstance {
  readonly question: string;
  readonly resultId: string;
  /** In the order of the fields. */
  readonly attributes: AttributeValue[];
}

export interface ExportSelection {
  readonly raster: RasterLayer;
  readonly results: readonly Result[];
  readonly instances: readonly ExportedInstance[];
  /** Attributes of the files that the results came from. */
  readonly fields: readonly AttributeField[];
  readonly windowPx: WindowPx;
  /** Of the topmost result that has one, with those of the others inside; null when all of it was drawn by hand. */
  readonly runRecord: RunRecord | null;
  /** What was made of each result. */
  readonly reviewed: ReviewedResult[];
  readonly areaM2: number | null;
  /** Objects whose outline does not answer the last edit of their prompt. */
  readonly staleCount: number;
}

const verdictsOf: Record<ExportScope, readonly Verdict[]> = {
  accepted: ['accepted'],
  'not-rejected': ['accepted', 'open'],
};

/** Accepted objects once there are any, else all that were not rejected. */
export function usualScope(work: WorkDocument): ExportScope {
  const isAccepted = work.results.some(({ instances }) => instances.some(({ verdict }) => verdict === 'accepted'));
  return isAccepted ? 'accepted' : 'not-rejected';
}

/** Objects of the given results with a shape left, as they are shown. All on one raster; null without any result on it. */
export function selectForExport(
  work: WorkDocument,
  shapes: RefinedShapes,
  rasterId: string,
  resultIds: ReadonlySet<string>,
  scope: ExportScope,
): ExportSelection | null {
  const raster = work.rasters.find(({ id }) => id === rasterId);
  const results = work.results.filter((result) => result.rasterId === rasterId && resultIds.has(result.id));
  const [first] = results;
  if (raster === undefined || first === undefined) {
    return null;
  }
  const fields = joinedFields(results);
  const instances = results.flatMap((result) => {
    const valuesOf = joinedValues(fields, result);
    return shownInstances(result, shapes)
      .filter(({ verdict, polygonsMap }) => verdictsOf[scope].includes(verdict) && polygonsMap.length > 0)
      .map((instance) => ({
        ...drawnOnly(instance),
        question: result.question,
        resultId: result.id,
        attributes: valuesOf(instance.attributes),
      }));
  });
  return {
    raster,
    results,
    instances,
    fields,
    windowPx: results.map(({ windowPx }) => windowPx).reduce(windowAround),
    runRecord: joinRecords(results.map(({ runRecord }) => runRecord)),
    reviewed: results.map((result) => reviewOf(result, shownInstances(result, shapes), scope)),
    areaM2: instances.every(({ areaM2 }) => areaM2 !== null)
      ? instances.reduce((sum, { areaM2 }) => sum + (areaM2 ?? 0), 0)
      : null,
    staleCount: results
      .flatMap((result) => result.instances)
      .filter((instance) => verdictsOf[scope].includes(instance.verdict) && isStale(instance)).length,
  };
}

function reviewOf(
  { name, question, refinement }: Result,
  instances: readonly Instance[],
  scope: ExportScope,
): ReviewedResult {
  const written: ReviewedResult['written'] = { model: 0, corrected: 0, manual: 0, combined: 0, file: 0 };
  const leftOut: ReviewedResult['leftOut'] = { rejected: 0, undecided: 0, withoutArea: 0 };
  for (const { verdict, polygonsMap, origin, isCorrected } of instances) {
    if (!verdictsOf[scope].includes(verdict)) {
      leftOut[verdict === 'rejected' ? 'rejected' : 'undecided']++;
    } else if (polygonsMap.length === 0) {
      leftOut.withoutArea++;
    } else {
      written[isCorrected === true && origin !== 'manual' ? 'corrected' : origin]++;
    }
  }
  return { name, question, written, leftOut, refinement: isRefined(refinement) ? refinement : null };
}

function windowAround(one: WindowPx, other: WindowPx): WindowPx {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return {
    x,
    y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  };
}

/** A file name without what some file system refuses. */
export function suggestedFileName(question: string, extension: string): string {
  const words = question
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
    .toLowerCase();
  return `${words === '' ? 'result' : words}${extension}`;
}
