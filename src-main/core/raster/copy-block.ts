import type { WindowPx } from '../../contract/geo.ts';
import type { SampleArray } from '../ports.ts';
import { asUnsigned } from './doubles.ts';

/** Where a decoded block lies in its level and how one band lies in the block. */
export interface BlockPlace {
  /** Corner and size of the part inside the level, in level pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Values from one row to the next, from one pixel to the next, and before the first. */
  readonly rowValues: number;
  readonly stride: number;
  readonly first: number;
}

/** Copies what a block and a window share, for one band; `output` is `height * width` of the window. */
export function copyBlock(block: SampleArray, place: BlockPlace, output: SampleArray, window: WindowPx): void {
  const left = Math.max(place.x, window.x);
  const right = Math.min(place.x + place.width, window.x + window.width);
  const top = Math.max(place.y, window.y);
  const bottom = Math.min(place.y + place.height, window.y + window.height);
  const rows = bottom - top;
  const span = {
    source: (top - place.y) * place.rowValues + (left - place.x) * place.stride + place.first,
    sourceRow: place.rowValues,
    stride: place.stride,
    target: (top - window.y) * window.width + left - window.x,
    targetRow: window.width,
    count: right - left,
    rows,
  };
  if (place.stride === 1) {
    copyRows(block, output, span);
    return;
  }
  const from = asUnsigned(block);
  const to = asUnsigned(output);
  if (from instanceof Uint8Array) {
    pickBytes(from, to as Uint8Array, span);
  } else if (from instanceof Uint16Array) {
    pickWords(from, to as Uint16Array, span);
  } else if (from instanceof Uint32Array) {
    pickLongs(from, to as Uint32Array, span);
  } else {
    pickWides(from, to as BigUint64Array, span);
  }
}

/** Rows of `count` values, every `stride`-th of the source, to neighbouring places of the target. */
interface Span {
  readonly source: number;
  readonly sourceRow: number;
  readonly stride: number;
  readonly target: number;
  readonly targetRow: number;
  readonly count: number;
  readonly rows: number;
}

function copyRows(block: SampleArray, output: SampleArray, span: Span): void {
  // Block and output have one type, which TypeScript cannot know here.
  const from = block as Uint8Array;
  const to = output as Uint8Array;
  for (let row = 0; row < span.rows; row += 1) {
    const source = span.source + row * span.sourceRow;
    to.set(from.subarray(source, source + span.count), span.target + row * span.targetRow);
  }
}

// One loop per size keeps each fast: the engine specialises a loop for the array type it sees.
function pickBytes(from: Uint8Array, to: Uint8Array, span: Span): void {
  const { stride, count } = span;
  for (let row = 0; row < span.rows; row += 1) {
    let source = span.source + row * span.sourceRow;
    const target = span.target + row * span.targetRow;
    for (let index = target; index < target + count; index += 1, source += stride) {
      to[index] = from[source]!;
    }
  }
}

function pickWords(from: Uint16Array, to: Uint16Array, span: Span): void {
  const { stride, count } = span;
  for (let row = 0; row < span.rows; row += 1) {
    let source = span.source + row * span.sourceRow;
    const target = span.target + row * span.targetRow;
    for (let index = target; index < target + count; index += 1, source += stride) {
      to[index] = from[source]!;
    }
  }
}

function pickLongs(from: Uint32Array, to: Uint32Array, span: Span): void {
  const { stride, count } = span;
  for (let row = 0; row < span.rows; row += 1) {
    let source = span.source + row * span.sourceRow;
    const target = span.target + row * span.targetRow;
    for (let index = target; index < target + count; index += 1, source += stride) {
      to[index] = from[source]!;
    }
  }
}

function pickWides(from: BigUint64Array, to: BigUint64Array, span: Span): void {
  const { stride, count } = span;
  for (let row = 0; row < span.rows; row += 1) {
    let source = span.source + row * span.sourceRow;
    const target = span.target + row * span.targetRow;
    for (let index = target; index < target + count; index += 1, source += stride) {
      to[index] = from[source]!;
    }
  }
}
