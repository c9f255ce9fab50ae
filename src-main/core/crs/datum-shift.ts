import type { EpsgEntry } from './epsg-table.ts';

/** How far WGS 84 coordinates may be off is told to the user from this difference to the best known shift on, in metres. */
const notedDifferenceM = 1;
/** ... and always from this accuracy on. */
const notedAccuracyM = 5;

type ShiftFacts = Pick<EpsgEntry, 'shift' | 'accuracy' | 'madeFor' | 'grid' | 'gridAccuracy'>;

/** `+towgs84=...` with a leading blank, or nothing where no shift is known. */
export function shiftWords({ shift }: ShiftFacts): string {
  return shift === undefined ? '' : ` +towgs84=${shift.join(',')}`;
}

/** Says how far coordinates in WGS 84 may be off and why; undefined where the shift used is as good as any. */
export function accuracyNote(crsName: string, facts: ShiftFacts): string | undefined {
  const { shift, accuracy, madeFor, grid, gridAccuracy } = facts;
  if (shift === undefined) {
    return `no datum shift from ${crsName} to WGS 84 is available here: WGS 84 coordinates may be off by some hundred metres`;
  }
  const off = accuracy === undefined ? 'by an unknown amount' : `by up to about ${accuracy} m`;
  const isShifted = shift.some((value) => value !== 0);
  if (
    isShifted &&
    grid !== undefined &&
    gridAccuracy !== undefined &&
    (accuracy ?? Infinity) - gridAccuracy >= notedDifferenceM
  ) {
    return `WGS 84 coordinates may be off ${off}: the grid ${grid} (${gridAccuracy} m) is not part of this program, ${crsName} is shifted by parameters`;
  }
  if (madeFor !== undefined) {
    return `WGS 84 coordinates may be off ${off}: ${crsName} is shifted by parameters that were made for a part of its area only (${shortened(madeFor)})`;
  }
  if (accuracy === undefined || accuracy > notedAccuracyM) {
    return `WGS 84 coordinates may be off ${off}: no better datum shift for ${crsName} is part of this program`;
  }
  return undefined;
}

/** Some areas are lists of fifty states. */
function shortened(area: string): string {
  return area.length <= 80 ? area : `${area.slice(0, 77)}...`;
}
