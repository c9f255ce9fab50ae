/**
 * An object that its tiles cut off and no neighbour named: the language model is asked again, in a window around it that grows until
 * the object ends inside of it. Pure but for the model.
 */
import type { WindowPx } from '../../contract/geo.ts';
import type { PromptShape } from '../query/prompt-frames.ts';
import type { SeenObject } from './merge-tiles.ts';
import { boundsOfRuns } from './run-length-mask.ts';
import { boxAround, boxIou, boxOfWindow, clipBox, cutSides, windowAround, type Box } from './tile-edges.ts';

/** Everything that the model names in a window, in scene pixels, cut to the window. */
export type AskWindow = (windowPx: WindowPx) => Promise<readonly PromptShape[]>;

/** An object with a box; points are hints on it. */
export type NamedObject = PromptShape & { readonly box: Box };

/** Side of the window relative to the object: at first the rest of it is expected to be short. */
const contextFactors = [1.25, 2, 2, 2];
/** Overlap of boxes (IoU), within what was seen of the object before, that names the same object. */
const sameBoxIou = 0.5;

/**
 * @param tileSizePx size of the window, larger only for a larger object.
 * @param mostTilesLong a larger window would show the object too coarsely.
 * @returns null when the model names nothing like it there, or nothing that ends.
 */
export async function askAround(
  cut: Pick<SeenObject, 'runs' | 'boxScenePx' | 'seenPx'>,
  tileSizePx: Pick<WindowPx, 'width' | 'height'>,
  targetPx: WindowPx,
  mostTilesLong: number,
  ask: AskWindow,
): Promise<NamedObject | null> {
  let box: Box = boxAround([cut.boxScenePx, boxOfWindow(boundsOfRuns(cut.runs))]);
  for (const contextFactor of contextFactors) {
    const windowPx = windowAround(box, contextFactor, tileSizePx, targetPx);
    if (windowPx.width > mostTilesLong * tileSizePx.width || windowPx.height > mostTilesLong * tileSizePx.height) {
      return null;
    }
    const named = bestMatch(await ask(windowPx), cut);
    if (named === null) {
      return null;
    }
    if (cutSides(named.box, [], windowPx, targetPx).length === 0) {
      return named;
    }
    box = boxAround([box, named.box]);
  }
  return null;
}

/** The shape that agrees best with what tiles saw of the object; null when none does. */
function bestMatch(
  shapes: readonly PromptShape[],
  { boxScenePx, seenPx }: Pick<SeenObject, 'boxScenePx' | 'seenPx'>,
): NamedObject | null {
  let best: { shape: NamedObject; iou: number } | null = null;
  for (const shape of shapes) {
    const { box } = shape;
    const iou = box === null ? 0 : boxIou(clipBox(box, seenPx), boxScenePx);
    if (box !== null && iou >= (best?.iou ?? sameBoxIou)) {
      best = { shape: { ...shape, box }, iou };
    }
  }
  return best?.shape ?? null;
}
