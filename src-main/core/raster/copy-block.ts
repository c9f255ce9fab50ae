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

/** Copies the 1-based `bands` of a pixel-interleaved block, each to its output. */
export function copyBands(
  block: SampleArray,
  place: BlockPlace,
  bands: readonly number[],
  outputs: readonly SampleArray[],
  window: WindowPx,
): void {
  const [red, green, blue] = outputs;
  const isPicture = place.stride >= 3 && bands.length === 3 && bands.every((band, index) => band === index + 1);
  if (isPicture && block instanceof Uint8Array && red && green && blue) {
    // The most common scene by far: one pass instead of three.
    const to = [red as Uint8Array, green as Uint8Array, blue as Uint8Array] as const;
    pickColors(block, to, spanOf(place, window));
    return;
  }
  bands.forEach((band, index) => {
    copyBlock(block, { ...place, first: band - 1 }, outputs[index]!, window);
  });
}

/** Copies what a block and a window share, for one band; `output` is `height * width` of the window. */
export function copyBlock(block: SampleArray, place: BlockPlace, output: SampleArray, window: WindowPx): void {
  const span = spanOf(place, window);
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

function spanOf(place: BlockPlace, window: WindowPx): Span {
  const left = Math.max(place.x, window.x);
  const right = Math.min(place.x + place.width, window.x + window.width);
  const top = Math.max(place.y, window.y);
  const bottom = Math.min(place.y + place.height, window.y + window.height);
  return {
    source: (top - place.y) * place.rowValues + (left - place.x) * place.stride + place.first,
    sourceRow: place.rowValues,
    stride: place.stride,
    target: (top - window.y) * window.width + left - window.x,
    targetRow: window.width,
    count: right - left,
    rows: bottom - top,
  };
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

function pickColors(from: Uint8Array, to: readonly [Uint8Array, Uint8Array, Uint8Array], span: Span): void {
  const [red, green, blue] = to;
  const { stride, count } = span;
  const starts = [from.byteOffset + span.source, span.sourceRow, span.target, span.targetRow];
  const byWords =
    stride === 3 && starts.every((start) => start % 4 === 0) && to.every((band) => band.byteOffset % 4 === 0);
  const words = byWords ? count >> 2 : 0;
  if (words > 0) {
    pickColorWords(from, to, span, words);
  }
  for (let row = 0; row < span.rows; row += 1) {
    let source = span.source + row * span.sourceRow + words * 4 * stride;
    const target = span.target + row * span.targetRow;
    for (let index = target + words * 4; index < target + count; index += 1, source += stride) {
      red[index] = from[source]!;
      green[index] = from[source + 1]!;
      blue[index] = from[source + 2]!;
    }
  }
}

/** Four pixels at a time: three words `RGBR GBRG BRGB` (first byte lowest) become a word of each colour. */
function pickColorWords(
  from: Uint8Array,
  to: readonly [Uint8Array, Uint8Array, Uint8Array],
  span: Span,
  words: number,
): void {
  const [red, green, blue] = to.map((band) => new Uint32Array(band.buffer, band.byteOffset, band.length >> 2));
  const input = new Uint32Array(from.buffer, from.byteOffset + span.source, (from.length - span.source) >> 2);
  for (let row = 0; row < span.rows; row += 1) {
    let source = (row * span.sourceRow) >> 2;
    const target = (span.target + row * span.targetRow) >> 2;
    for (let index = target; index < target + words; index += 1, source += 3) {
      const first = input[source]!;
      const second = input[source + 1]!;
      const third = input[source + 2]!;
      red![index] = (first & 0xff) | ((first >>> 16) & 0xff00) | (second & 0xff0000) | ((third & 0xff00) << 16);
      green![index] =
        ((first >>> 8) & 0xff) | ((second & 0xff) << 8) | ((second >>> 8) & 0xff0000) | ((third & 0xff0000) << 8);
      blue![index] = ((first >>> 16) & 0xff) | (second & 0xff00) | ((third & 0xff) << 16) | (third & 0xff000000);
    }
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
