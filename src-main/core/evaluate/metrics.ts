/** Rows to figures. Pure. */
import { baselineNames, type BaselineName, type GroupScores, type Scores } from '../../contract/evaluation.ts';
import type { Overlap } from './overlap.ts';
import type { SampleRow } from './sample-row.ts';

/** A row and what one way of answering scored on it. */
interface Scored {
  readonly row: SampleRow;
  readonly overlap: Overlap;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function cumulativeIoU(scored: readonly Scored[]): number | null {
  const unionPx = scored.reduce((sum, { overlap }) => sum + overlap.unionPx, 0);
  const intersectionPx = scored.reduce((sum, { overlap }) => sum + overlap.intersectionPx, 0);
  return unionPx === 0 ? null : intersectionPx / unionPx;
}

function meanIoU(scored: readonly Scored[]): number | null {
  return mean(scored.map(({ overlap }) => overlap.iou));
}

export function scoresOf(rows: readonly SampleRow[], overlapOf: (row: SampleRow) => Overlap): Scores {
  const scored = rows.map((row) => ({ row, overlap: overlapOf(row) }));
  const withTarget = scored.filter(({ row }) => row.targetPx > 0);
  const withoutTarget = scored.filter(({ row }) => row.targetPx === 0);
  return {
    gIoU: meanIoU(scored) ?? 0,
    cIoU: cumulativeIoU(scored),
    targetGIoU: meanIoU(withTarget),
    targetCIoU: cumulativeIoU(withTarget),
    noTargetAccuracy: meanIoU(withoutTarget),
  };
}

/** Scores by a property of the rows, in alphabetical order; rows without the property are in no group. */
export function groupScores(
  rows: readonly SampleRow[],
  keyOf: (row: SampleRow) => string | null,
): Record<string, GroupScores> {
  const groups = new Map<string, SampleRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key !== null) {
      const members = groups.get(key) ?? [];
      members.push(row);
      groups.set(key, members);
    }
  }
  const named = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    named.map(([key, members]) => {
      const { gIoU, cIoU, targetGIoU } = scoresOf(members, (row) => row.overlap);
      return [key, { samples: members.length, gIoU, cIoU, targetGIoU }];
    }),
  );
}

function baselineOverlap(row: SampleRow, baseline: BaselineName): Overlap {
  const { targetPx, gridWidth, gridHeight } = row;
  if (targetPx === 0) {
    return { iou: baseline === 'emptyList' ? 1 : 0, intersectionPx: 0, unionPx: 0 };
  }
  switch (baseline) {
    case 'emptyList':
      return { iou: 0, intersectionPx: 0, unionPx: targetPx };
    case 'wholeFrame': {
      const unionPx = gridWidth * gridHeight;
      return { iou: targetPx / unionPx, intersectionPx: targetPx, unionPx };
    }
    case 'centralBox':
      return row.centralBox;
  }
}

export function baselineScores(rows: readonly SampleRow[]): Record<BaselineName, Scores> {
  return Object.fromEntries(
    baselineNames.map((name) => [name, scoresOf(rows, (row) => baselineOverlap(row, name))]),
  ) as Record<BaselineName, Scores>;
}
