import type { WindowPx } from '../../contract/geo.ts';
import type { SampleArray } from '../ports.ts';
import { fillSamples } from './samples.ts';

/** Where a decoded block lies in its level, and where one band lies in the block. */
export interface BlockPlace {
  /** Corner and size of the part inside the level, in level pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Samples from one row to the next, and before the first. */
  readonly rowSamples: number;
  readonly first: number;
}

/** Copies what one band of a block and a window share; `output` is `height * width` of the window. */
export function copyBlock(block: SampleArray, place: BlockPlace, output: SampleArray, window: WindowPx): void {
  // Block and output have one type, which TypeScript cannot know here.
  const from = block as Uint8Array;
  const to = output as Uint8Array;
  const { left, right, top, bottom } = sharedPart(place, window);
  for (let y = top; y < bottom; y += 1) {
    const source = place.first + (y - place.y) * place.rowSamples + left - place.x;
    to.set(from.subarray(source, source + right - left), (y - window.y) * window.width + left - window.x);
  }
}

/** Fills what a block that was never written and a window share. */
export function fillBlock(value: number, place: BlockPlace, output: SampleArray, window: WindowPx): void {
  const { left, right, top, bottom } = sharedPart(place, window);
  for (let y = top; y < bottom; y += 1) {
    const target = (y - window.y) * window.width + left - window.x;
    fillSamples(output.subarray(target, target + right - left), value);
  }
}

function sharedPart(place: BlockPlace, window: WindowPx): { left: number; right: number; top: number; bottom: number } {
  return {
    left: Math.max(place.x, window.x),
    right: Math.min(place.x + place.width, window.x + window.width),
    top: Math.max(place.y, window.y),
    bottom: Math.min(place.y + place.height, window.y + window.height),
  };
}
