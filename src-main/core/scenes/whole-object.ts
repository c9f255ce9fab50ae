/**
 * An object that its tiles cut off, in one piece, where nobody names its end: the segmenter gets a box that goes on over the seam, and
 * the box follows the mask until the mask ends inside of it. Pure but for the segmenter.
 */
import type { WindowPx } from '../../contract/geo.ts';
import { areaPxOf, boundsOfRuns, sharedAreaPx, type Runs } from './run-length-mask.ts';
import { boxAround, boxOfWindow, placeOf, type Box, type Side } from './tile-edges.ts';

export interface CutObject {
  /** All that its tiles saw of it. */
  readonly runs: Runs;
  /** Around the boxes of its parts, in scene pixels. */
  readonly boxScenePx: Box;
  /** Where it goes on and no tile says how far. */
  readonly openSides: readonly Side[];
}

export interface WholeObject {
  readonly runs: Runs;
  readonly score: number;
  /** The box that gave the mask. */
  readonly boxScenePx: Box;
}

/** One mask for a box in scene pixels, seen with its surroundings whatever tiles lie there. */
export type SegmentBox = (boxScenePx: Box) => Promise<Pick<WholeObject, 'runs' | 'score'>>;

/** What an open side moves by, relative to the length of the box, and at least. */
const growth = 0.6;
const leastStepPx = 24;
/** What a box has beyond its mask. */
const marginPx = 3;
/** A mask that comes so near to the side of its box, relative to the length of the box, goes on beyond it. */
const touchShare = 0.01;
/** An object can become a hundred times as long as what was seen of it. */
const maxRounds = 10;
/** Share of what the tiles saw that must be in the mask: else it is another object. */
const agreeingShare = 0.5;

/** @returns null when the segmenter sees another object there, or none that ends. */
export async function wholeObject(
  cut: CutObject,
  targetPx: WindowPx,
  segment: SegmentBox,
): Promise<WholeObject | null> {
  const boxScenePx = await followMask(cut, boxOfWindow(targetPx), segment);
  if (boxScenePx === null) {
    return null;
  }
  const { runs, score } = await segment(boxScenePx);
  // A box that tiles saw the ends of names the object better than masks of its parts; a box that was guessed must prove itself.
  const isNamed = cut.openSides.length === 0;
  const isSame = isNamed || sharedAreaPx(runs, cut.runs) >= agreeingShare * areaPxOf(cut.runs);
  return runs.length > 0 && isSame ? { runs, score, boxScenePx } : null;
}

/** The box of the whole object; null when it finds no end. */
async function followMask(cut: CutObject, target: Box, segment: SegmentBox): Promise<Box | null> {
  const seen = boxOfWindow(boundsOfRuns(cut.runs));
  let box = [...cut.boxScenePx] as [number, number, number, number];
  for (const side of cut.openSides) {
    const { at, outwards } = placeOf[side];
    box[at] = outermost(box[at], seen[at], outwards);
  }
  let open = cut.openSides;
  for (let round = 0; open.length > 0; round++) {
    if (round === maxRounds) {
      return null;
    }
    const reach = widened(box, open, target);
    const { runs } = await segment(reach);
    if (runs.length === 0) {
      return null;
    }
    const extent = boxOfWindow(boundsOfRuns(runs));
    const next = [...box] as typeof box;
    const stillOpen: Side[] = [];
    for (const side of open) {
      const { at, outwards } = placeOf[side];
      const lengthPx = at % 2 === 0 ? reach[2] - reach[0] : reach[3] - reach[1];
      const isFilled = (reach[at] - extent[at]) * outwards <= Math.max(1, touchShare * lengthPx);
      if (isFilled && reach[at] !== target[at]) {
        next[at] = reach[at];
        stillOpen.push(side);
      } else {
        const end = extent[at] + marginPx * outwards;
        next[at] = innermost(outermost(end, box[at], outwards), reach[at], outwards);
      }
    }
    box = next;
    open = stillOpen;
  }
  return box;
}

function outermost(a: number, b: number, outwards: 1 | -1): number {
  return outwards * Math.max(outwards * a, outwards * b);
}

function innermost(a: number, b: number, outwards: 1 | -1): number {
  return outwards * Math.min(outwards * a, outwards * b);
}

function widened(box: Box, open: readonly Side[], target: Box): Box {
  const reach = boxAround([box]);
  for (const side of open) {
    const { at, outwards } = placeOf[side];
    const lengthPx = at % 2 === 0 ? box[2] - box[0] : box[3] - box[1];
    const stepPx = Math.max(leastStepPx, growth * lengthPx);
    reach[at] = innermost(box[at] + outwards * stepPx, target[at], outwards);
  }
  return reach;
}
