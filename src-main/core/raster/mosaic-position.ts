import type { WindowPx } from '../../contract/geo.ts';
import type { MosaicSource } from './vrt-mosaic.ts';

/** Edges this close to a whole pixel lie on it. */
const edgeTolerancePx = 1e-3;
/** What sums of decimals lose. */
const roundingPx = 1e-10;

/** Of each level of a mosaic: its pixels along one of the full resolution. */
export interface MosaicScale {
  readonly x: number;
  readonly y: number;
}

/** Where a source lies along one axis of a level of the mosaic, and from where to where in its file. */
export interface SourceSpan {
  readonly start: number;
  readonly length: number;
  readonly fileStart: number;
  readonly fileLength: number;
}

export interface SourceSpans {
  readonly x: SourceSpan;
  readonly y: SourceSpan;
}

/** @param size of the file; of the mosaic when the file is not known, as sources say where they lie or begin with it. */
export function spansOf(
  { place }: MosaicSource,
  scale: MosaicScale,
  size: { readonly width: number; readonly height: number },
): SourceSpans {
  const whole = { x: 0, y: 0, width: size.width, height: size.height };
  const { source, mosaic } = place ?? { source: whole, mosaic: whole };
  return {
    x: span(mosaic.x * scale.x, mosaic.width * scale.x, source.x, source.width),
    y: span(mosaic.y * scale.y, mosaic.height * scale.y, source.y, source.height),
  };
}

function span(start: number, length: number, fileStart: number, fileLength: number): SourceSpan {
  return { start, length, fileStart, fileLength };
}

/** First pixel, and the one after the last, that a source has some part of. */
export function coveredPixels({ start, length }: SourceSpan): [first: number, end: number] {
  return [Math.floor(start + edgeTolerancePx), Math.ceil(start + length - edgeTolerancePx)];
}

/** Those of the window alone; none where width or height is not above 0. */
export function coveredWindow({ x, y }: SourceSpans, window: WindowPx): WindowPx {
  const [left, right] = coveredPixels(x);
  const [top, bottom] = coveredPixels(y);
  const fromX = Math.max(left, window.x);
  const fromY = Math.max(top, window.y);
  return {
    x: fromX,
    y: fromY,
    width: Math.min(right, window.x + window.width) - fromX,
    height: Math.min(bottom, window.y + window.height) - fromY,
  };
}

/** The part of a span for which its file has pixels. */
export function withinFile({ start, length, fileStart, fileLength }: SourceSpan, filePixels: number): SourceSpan {
  const from = Math.max(0, fileStart);
  const to = Math.min(filePixels, fileStart + fileLength);
  const scale = length / fileLength;
  return {
    start: start + (from - fileStart) * scale,
    length: (to - from) * scale,
    fileStart: from,
    fileLength: to - from,
  };
}

/**
 * The pixel of a level of the file that lies under the centre of each pixel of the mosaic from `first` to before `end`.
 *
 * @param filePixels of the full resolution, `levelPixels` of the level.
 */
export function nearestFilePixels(
  span: SourceSpan,
  [first, end]: readonly [first: number, end: number],
  filePixels: number,
  levelPixels: number,
): Int32Array {
  const [spanFirst, spanEnd] = coveredPixels(span);
  const filePerMosaic = span.fileLength / span.length;
  // Edges are rounded for the whole source, so that a pixel is the same in every window.
  const from = nearInteger((spanFirst - span.start) * filePerMosaic + span.fileStart);
  const step = nearInteger((spanEnd - spanFirst) * filePerMosaic) / (spanEnd - spanFirst);
  const scale = levelPixels / filePixels;
  return Int32Array.from({ length: end - first }, (_, index) => {
    const centre = from + (first + index - spanFirst + 0.5) * step;
    return Math.min(levelPixels - 1, Math.max(0, Math.floor(centre * scale + roundingPx)));
  });
}

function nearInteger(value: number): number {
  const integer = Math.round(value);
  return Math.abs(value - integer) < edgeTolerancePx ? integer : value;
}
