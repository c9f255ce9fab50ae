/** Results that lie in a vector file: our own, or polygons from anywhere. */
import type { DrawnInstance } from './drawn-instance.ts';
import type { WindowPx } from './geo.ts';
import type { RunRecord } from './run-record.ts';

export interface VectorContents {
  /** False for a GeoPackage of pictures alone, which is a raster. */
  readonly hasShapes: boolean;
  /** Rasters that the results were made from, by the provenance in the file. */
  readonly scenePaths: readonly string[];
}

export interface StoredResult {
  /** The question, or the layer where there is none. */
  readonly name: string;
  /** Empty for polygons that answer none. */
  readonly question: string;
  readonly windowPx: WindowPx;
  readonly instances: readonly DrawnInstance[];
  readonly runRecord: RunRecord | null;
}

export interface StoredResults {
  readonly results: StoredResult[];
  /** What of the file is not in the results, and why. */
  readonly notes: string[];
}
