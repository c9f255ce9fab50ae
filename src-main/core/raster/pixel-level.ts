import type { WindowPx } from '../../contract/geo.ts';
import type { SampleType } from '../../contract/scene.ts';
import type { SampleArray } from '../ports.ts';

/** One resolution of a scene: the full one or an overview. Windows are in this level's own pixels and inside it. */
export interface PixelLevel {
  readonly width: number;
  readonly height: number;
  /** Reading whole blocks is cheapest. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly sampleTypes: readonly SampleType[];
  readonly hasMask: boolean;
  /** Exact samples of the 1-based `bands`, each `height * width` of the window, row-major. */
  read(windowLevelPx: WindowPx, bands: readonly number[], signal: AbortSignal): Promise<SampleArray[]>;
  /** Of each window, whether no sample was ever written and all are the nodata value `nodata`: seen without reading any. */
  areUnwritten(windowsLevelPx: readonly WindowPx[], bands: readonly number[], nodata: number): Promise<boolean[]>;
  /** 1 = valid by the file's own mask, `height * width`; only when `hasMask`. */
  readMask(windowLevelPx: WindowPx, signal: AbortSignal): Promise<Uint8Array>;
}
