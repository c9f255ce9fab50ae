/** How well a predicted mask covers its target, by the rules of the published protocol. */

export interface Overlap {
  /** 0..1; 1 for an empty answer on an empty target. */
  readonly iou: number;
  /** What the sample adds to the sums of cIoU; both 0 for an empty target. */
  readonly intersectionPx: number;
  readonly unionPx: number;
}

export interface AnsweredMask {
  /** 1 = predicted, on the pixels of the target; null when nothing was predicted. */
  readonly mask: Uint8Array | null;
  /** The answer was an empty list, which is the right one where there is no target. */
  readonly isEmpty: boolean;
}

export function countPixels(mask: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < mask.length; index++) {
    count += mask[index]!;
  }
  return count;
}

/**
 * @param target 1 = target; `mask` must have as many pixels.
 * An answer that cannot be parsed is `{ mask: null, isEmpty: false }`: it adds the target's area to the unions.
 */
export function scoreMask({ mask, isEmpty }: AnsweredMask, target: Uint8Array): Overlap {
  const targetPx = countPixels(target);
  if (targetPx === 0) {
    return { iou: isEmpty ? 1 : 0, intersectionPx: 0, unionPx: 0 };
  }
  if (mask === null) {
    return { iou: 0, intersectionPx: 0, unionPx: targetPx };
  }
  let intersectionPx = 0;
  let unionPx = 0;
  for (let index = 0; index < target.length; index++) {
    intersectionPx += target[index]! & mask[index]!;
    unionPx += target[index]! | mask[index]!;
  }
  return { iou: intersectionPx / unionPx, intersectionPx, unionPx };
}

/** A box over the central half of the grid, the constant answer that the baselines measure. */
export function centralBox(width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let y = Math.floor(height / 4); y < Math.floor((3 * height) / 4); y++) {
    mask.fill(1, y * width + Math.floor(width / 4), y * width + Math.floor((3 * width) / 4));
  }
  return mask;
}
