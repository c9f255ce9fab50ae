/** Images of one view that a segmenter has encoded, so that prompts on them cost a decoder run and nothing else. */
import type { WindowPx } from '../../contract/geo.ts';
import type { EncodedImage, Segmenter } from '../ports.ts';
import type { ClippedPrompt, PromptShape } from './prompt-frames.ts';

export interface EncodedCrop {
  /** What the image shows. */
  readonly windowPx: WindowPx;
  /** Size of the image. */
  readonly width: number;
  readonly height: number;
  readonly encoded: EncodedImage;
  /** `height * width`: 1 where a mask may be, by nodata and by the target. */
  readonly allowed: Uint8Array;
}

/** A prompt beside a crop needs this much to be seen around it, unless the scene ends there. */
const leastMarginPx = 16;
/** A crop that shows more than this many times the prompt's own extent would outline it too coarsely. */
const largestCropShare = 8;
/** Crops up to this side are at least as fine as the raster for every segmenter: they fit small prompts as well. */
const sharpSidePx = 256;

export class EncodedCrops {
  readonly #limit: number;
  readonly #crops = new Map<string, EncodedCrop>();
  #segmenter: Segmenter | null = null;

  /** @param limit crops kept; an encoded crop of SAM 2 takes 14 MB. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * What `use` makes of the crop that shows exactly `windowPx` at this size; `encode` makes the crop when it is not here. Crops beyond the
   * limit are freed after.
   */
  async use<T>(
    segmenter: Segmenter,
    { windowPx, width, height }: Pick<EncodedCrop, 'windowPx' | 'width' | 'height'>,
    encode: () => Promise<Pick<EncodedCrop, 'encoded' | 'allowed'>>,
    use: (crop: EncodedCrop) => Promise<T>,
  ): Promise<T> {
    this.#belongTo(segmenter);
    const key = [windowPx.x, windowPx.y, windowPx.width, windowPx.height, width, height].join();
    const crop = this.#crops.get(key) ?? { windowPx, width, height, ...(await encode()) };
    // The newest stands last.
    this.#crops.delete(key);
    this.#crops.set(key, crop);
    try {
      return await use(crop);
    } finally {
      this.#freeOldest(this.#limit);
    }
  }

  /**
   * The smallest crop here that shows a prompt with enough around it and not much more; null when there is none. An edited prompt stays
   * on it: the outline follows at once, and does not jump because the surroundings changed.
   */
  covering(
    segmenter: Segmenter,
    { shapeScenePx }: Pick<ClippedPrompt, 'shapeScenePx'>,
    scene: { readonly width: number; readonly height: number },
  ): EncodedCrop | null {
    this.#belongTo(segmenter);
    const extent = extentOf(shapeScenePx);
    const needed = {
      x0: Math.max(0, extent.x0 - leastMarginPx),
      y0: Math.max(0, extent.y0 - leastMarginPx),
      x1: Math.min(scene.width, extent.x1 + leastMarginPx),
      y1: Math.min(scene.height, extent.y1 + leastMarginPx),
    };
    // Points alone say nothing of the size.
    const longestPx =
      shapeScenePx.box === null
        ? Infinity
        : Math.max(sharpSidePx, largestCropShare * Math.max(extent.x1 - extent.x0, extent.y1 - extent.y0));
    const fitting = [...this.#crops.values()].filter(
      ({ windowPx: { x, y, width, height } }) =>
        x <= needed.x0 &&
        y <= needed.y0 &&
        x + width >= needed.x1 &&
        y + height >= needed.y1 &&
        Math.max(width, height) <= longestPx,
    );
    return (
      fitting.sort((a, b) => a.windowPx.width * a.windowPx.height - b.windowPx.width * b.windowPx.height)[0] ?? null
    );
  }

  /** Encodings mean nothing to another segmenter. */
  #belongTo(segmenter: Segmenter): void {
    if (this.#segmenter !== segmenter) {
      this.#freeOldest(0);
      this.#segmenter = segmenter;
    }
  }

  #freeOldest(kept: number): void {
    for (const [key, { encoded }] of [...this.#crops].slice(0, Math.max(0, this.#crops.size - kept))) {
      this.#crops.delete(key);
      encoded.free();
    }
  }
}

function extentOf({ box, positivePoints }: PromptShape): { x0: number; y0: number; x1: number; y1: number } {
  const points = [...positivePoints, ...(box === null ? [] : [[box[0], box[1]] as const, [box[2], box[3]] as const])];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}
