/** Results that lie in a vector file: our own, or polygons from anywhere. */
import type { AttributeField, AttributeValue } from './attributes.ts';
import type { DrawnInstance } from './drawn-instance.ts';
import type { WindowPx } from './geo.ts';
import type { RunRecord } from './run-record.ts';

export interface VectorContents {
  /** False for a GeoPackage of pictures alone, which is a raster. */
  readonly hasShapes: boolean;
  /** Rasters that the results were made from, by the provenance in the file. */
  readonly scenePaths: readonly string[];
}

export interface StoredInstance extends DrawnInstance {
  /** In the order of the fields. */
  readonly attributes: readonly AttributeValue[];
}

export interface StoredResult {
  /** The question, or the layer where there is none. */
  readonly name: string;
  /** Empty for polygons that answer none. */
  readonly question: string;
  readonly windowPx: WindowPx;
  /** Attributes that the file has beside those of ours. */
  readonly fields: readonly AttributeField[];
  readonly instances: readonly StoredInstance[];
  readonly runRecord: RunRecord | null;
}

export interface StoredResults {
  readonly results: StoredResult[];
  /** What of the file is not in the results, and why; that they were made from another raster. */
  readonly notes: string[];
}
