import { applyStretch } from './stretch.ts';
import type { SampleArray } from '../ports.ts';
import { forEachChunk } from './doubles.ts';
import type { DrawnSamples, DrawnSampleType, RowBlock } from './halve-rows.ts';
import type { Scene } from './scene.ts';
import { newSamples } from './samples.ts';
import { validSamples } from './validity.ts';

export interface RowRequest {
  /** 1-based; of a palette scene the band of indices, which becomes three colours. */
  readonly bands: readonly number[];
  /** Size of the whole copy. */
  readonly width: number;
  readonly height: number;
  /** Rows of one block; the last has what is left. */
  readonly rows: number;
  readonly sampleType: DrawnSampleType;
  /** What invalid samples become where the copy says validity with a value. */
  readonly nodata: number | null;
}

/** Reads a scene from top to bottom at the size of its copy. */
export async function* rowBlocks(scene: Scene, request: RowRequest, signal: AbortSignal): AsyncGenerator<RowBlock> {
  const { info } = scene;
  const scaleY = info.height / request.height;
  for (let y = 0; y < request.height; y += request.rows) {
    signal.throwIfAborted();
    const rows = Math.min(request.rows, request.height - y);
    const top = Math.round(y * scaleY);
    const bottom = Math.round((y + rows) * scaleY);
    const window = await scene.readWindow(
      {
        windowPx: { x: 0, y: top, width: info.width, height: bottom - top },
        outWidth: request.width,
        outHeight: rows,
        bands: request.bands,
      },
      signal,
    );
    const { width } = request;
    if (window.palette !== undefined) {
      yield paletteRows(window.bands[0]!, window, window.palette, width, rows);
      continue;
    }
    const validPerBand = window.bands.map((samples, index) => {
      const value = scene.rule.kind === 'nodata' ? (scene.rule.values[request.bands[index]! - 1] ?? null) : null;
      const own = validSamples(samples, value);
      return own === null ? window.valid : both(own, window.valid);
    });
    const bands = window.bands.map((samples, index) => asDrawn(samples, validPerBand[index]!, request));
    yield { width, rows, bands, validPerBand, valid: window.valid };
  }
}

function both(first: Uint8Array, second: Uint8Array): Uint8Array {
  const valid = first.slice();
  for (let pixel = 0; pixel < valid.length; pixel += 1) {
    valid[pixel] = valid[pixel]! & second[pixel]!;
  }
  return valid;
}

function asDrawn(samples: SampleArray, valid: Uint8Array, { sampleType, nodata }: RowRequest): DrawnSamples {
  const drawn = newSamples(sampleType, samples.length) as DrawnSamples;
  if (samples.constructor === drawn.constructor) {
    return samples as DrawnSamples;
  }
  forEachChunk(samples, (values, from, count) => {
    for (let index = 0; index < count; index += 1) {
      const isLost = nodata !== null && valid[from + index] === 0;
      drawn[from + index] = isLost ? nodata : values[index]!;
    }
  });
  return drawn;
}

function paletteRows(
  indices: SampleArray,
  window: Parameters<typeof applyStretch>[0],
  colors: NonNullable<Scene['palette']>,
  width: number,
  rows: number,
): RowBlock {
  const { data } = applyStretch(window, { kind: 'palette', colors });
  const valid = window.valid.slice();
  const bands = [0, 1, 2].map(() => new Uint8Array(valid.length));
  const [red, green, blue] = bands;
  for (let pixel = 0; pixel < valid.length; pixel += 1) {
    if (colors[Number(indices[pixel]!)]?.[3] === 0) {
      valid[pixel] = 0;
    }
    red![pixel] = data[pixel * 3]!;
    green![pixel] = data[pixel * 3 + 1]!;
    blue![pixel] = data[pixel * 3 + 2]!;
  }
  return { width, rows, bands, validPerBand: bands.map(() => valid), valid };
}
