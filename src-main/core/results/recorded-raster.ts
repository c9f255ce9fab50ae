/** Which raster a run record speaks of. A raster may have been moved since: its name and size tell. */
import type { RunRecord } from '../../contract/run-record.ts';

export type RasterFacts = Pick<RunRecord['scene'], 'path' | 'width' | 'height'>;

export function isSameRaster(one: RasterFacts, other: RasterFacts): boolean {
  return nameOf(one) === nameOf(other) && one.width === other.width && one.height === other.height;
}

/** The path may be of another system, with other separators. */
export function nameOf({ path }: Pick<RasterFacts, 'path'>): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
