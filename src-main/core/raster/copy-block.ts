import type { WindowPx } from '../../contract/geo.ts';
import type { SampleArray } from '../ports.ts';

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
  const left = Math.max(place.x, window.x);
  const right = Math.min(place.x + place.width, window.x + window.width);
  const top = Math.max(place.y, window.y);
  const bottom = Math.min(place.y + place.height, window.y + window.height);
  for (let y = top; y < bottom; y += 1) {
    const source = place.first + (y - place.y) * place.rowSamples + left - place.x;
    to.set(from.subarray(source, source + right - left), (y - window.y) * window.width + left - window.x);
  }
}
