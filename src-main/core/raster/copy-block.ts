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
  for (let y = top; y < bottom; y += 1) {
    const source = (y - place.y) * place.rowValues + (left - place.x) * place.stride + place.first;
    const target = (y - window.y) * window.width + left - window.x;
    copyRow(block, source, place.stride, output, target, right - left);
  }
}

function copyRow(
  block: SampleArray,
  source: number,
  stride: number,
  output: SampleArray,
  target: number,
  count: number,
): void {
  if (stride === 1) {
    // Block and output have one type, which TypeScript cannot know here.
    (output as Uint8Array).set((block as Uint8Array).subarray(source, source + count), target);
    return;
  }
  const from = asUnsigned(block);
  const to = asUnsigned(output);
  if (from instanceof Uint8Array) {
    pickBytes(from, source, stride, to as Uint8Array, target, count);
  } else if (from instanceof Uint16Array) {
    pickWords(from, source, stride, to as Uint16Array, target, count);
  } else if (from instanceof Uint32Array) {
    pickLongs(from, source, stride, to as Uint32Array, target, count);
  } else {
    pickWides(from, source, stride, to as BigUint64Array, target, count);
  }
}

// One loop per size keeps each fast: the engine specialises a loop for the array type it sees.
function pickBytes(
  from: Uint8Array,
  source: number,
  stride: number,
  to: Uint8Array,
  target: number,
  count: number,
): void {
  for (let index = 0, at = source; index < count; index += 1, at += stride) {
    to[target + index] = from[at]!;
  }
}

function pickWords(
  from: Uint16Array,
  source: number,
  stride: number,
  to: Uint16Array,
  target: number,
  count: number,
): void {
  for (let index = 0, at = source; index < count; index += 1, at += stride) {
    to[target + index] = from[at]!;
  }
}

function pickLongs(
  from: Uint32Array,
  source: number,
  stride: number,
  to: Uint32Array,
  target: number,
  count: number,
): void {
  for (let index = 0, at = source; index < count; index += 1, at += stride) {
    to[target + index] = from[at]!;
  }
}

function pickWides(
  from: BigUint64Array,
  source: number,
  stride: number,
  to: BigUint64Array,
  target: number,
  count: number,
): void {
  for (let index = 0, at = source; index < count; index += 1, at += stride) {
    to[target + index] = from[at]!;
  }
}
