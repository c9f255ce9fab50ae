/** Native mode: which part of the scene the segmenter sees for each prompt. Pure: reads no raster, runs no model. */
import type { Point, WindowPx } from '../../contract/geo.ts';
import type { PromptShape, SegmenterPrompt } from '../ports.ts';

export interface NativeCropOptions {
  readonly sceneWidth: number;
  readonly sceneHeight: number;
  /** Side of the segmenter's square input. */
  readonly inputSize: number;
  /** Side of the crop relative to the long side of the box. */
  readonly contextFactor?: number;
  /** Smallest side of a crop in scene pixels. */
  readonly minSidePx?: number;
}

/** One image for the segmenter and the prompts that are asked on it. */
export interface NativeCrop {
  /** Whole pixels inside the scene; square unless the scene is too narrow for that. */
  readonly windowPx: WindowPx;
  /**
   * Size to read the window at: its own, so that the mask has the pixels of the scene, although the segmenter reduces what is
   * larger than its input; less only when the mask would become too large to hold.
   */
  readonly outWidth: number;
  readonly outHeight: number;
  readonly prompts: readonly {
    /** Position in the caller's list. */
    readonly index: number;
    /** In pixels of the `outWidth x outHeight` image. */
    readonly prompt: SegmenterPrompt;
  }[];
}

/** Longest side of a mask in pixels; a target that is larger is outlined on a coarser grid. */
const maxMaskSidePx = 2048;

/**
 * Measured with the embedded pack on labelled rasters (trees at 0.5 m, buildings at 0.5 and 2 m): 2, 3 and 4 give the same
 * IoU within 0.005, and the smallest of them keeps the outline of large targets sharpest.
 */
const defaultContextFactor = 2;
/** Surroundings on each side that even a target of one pixel gets, whatever shares its crop. */
const leastMarginPx = 16;
/** SAM 2 and the embedded pack answer on a grid of this many cells a side. */
const maskCells = 256;
/** Crops that are this much larger than a prompt needs still count as its own. */
const sharedSideSlack = 1.25;

/**
 * Largest crop whose mask cells are no larger than a scene pixel: up to here surroundings cost no sharpness. As the
 * smallest crop it measured best of all (buildings at 0.5 m: IoU 0.56 with 96 pixels at least, 0.57 with 128, 0.59 with 256).
 */
function sideWithoutLoss(inputSize: number): number {
  return Math.min(maskCells, Math.ceil(inputSize / 2));
}

interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface CropGroup {
  rectangle: Rectangle;
  /** Smallest side that any of its prompts would have had alone. */
  smallestSide: number;
  readonly members: number[];
}

/**
 * Plans the crops: a square around each prompt with some context, moved into the scene at its edges, at the scene's own
 * resolution unless it is too large to hold. Prompts whose crops nearly coincide share one, and so do
 * neighbours as long as the segmenter's mask cells stay no larger than a scene pixel: encoding an image costs far more
 * than a further prompt on it. Every prompt is in exactly one crop; the plan depends on nothing but its arguments.
 *
 * @param prompts in scene pixels, each with a box or at least one positive point, touching the scene.
 */
export function planNativeCrops(prompts: readonly PromptShape[], options: NativeCropOptions): NativeCrop[] {
  const own = prompts.map((prompt) => cropAround(prompt, options));
  // Large crops first: they cannot move, small ones find their place in them.
  const order = own.map((_, index) => index).sort((a, b) => longSide(own[b]!) - longSide(own[a]!) || a - b);
  const groups: CropGroup[] = [];
  for (const index of order) {
    const rectangle = own[index]!;
    const group = bestGroup(groups, rectangle, options.inputSize);
    if (group === null) {
      groups.push({ rectangle, smallestSide: longSide(rectangle), members: [index] });
    } else {
      group.rectangle = unite(group.rectangle, rectangle);
      group.smallestSide = Math.min(group.smallestSide, longSide(rectangle));
      group.members.push(index);
    }
  }
  return groups.map(({ rectangle, members }) => {
    const side = Math.max(options.minSidePx ?? sideWithoutLoss(options.inputSize), longSide(rectangle));
    const centre = [(rectangle.x0 + rectangle.x1) / 2, (rectangle.y0 + rectangle.y1) / 2] as const;
    const { x0, y0, x1, y1 } = squareInScene(centre, side, options);
    const windowPx = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    const scale = Math.min(1, maxMaskSidePx / Math.max(windowPx.width, windowPx.height));
    const outWidth = Math.max(1, Math.round(windowPx.width * scale));
    const outHeight = Math.max(1, Math.round(windowPx.height * scale));
    return {
      windowPx,
      outWidth,
      outHeight,
      prompts: members
        .sort((a, b) => a - b)
        .map((index) => ({ index, prompt: toCrop(prompts[index]!, windowPx, outWidth, outHeight) })),
    };
  });
}

/** What a prompt must see. Points without a box say nothing of the size: they get a whole model input. */
function cropAround(prompt: PromptShape, options: NativeCropOptions): Rectangle {
  const points = [...prompt.positivePoints];
  if (prompt.box !== null) {
    points.push([prompt.box[0], prompt.box[1]], [prompt.box[2], prompt.box[3]]);
  }
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const extent = { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
  const contextSide = (options.contextFactor ?? defaultContextFactor) * longSide(extent);
  const minSide = prompt.box === null ? options.inputSize : longSide(extent) + 2 * leastMarginPx;
  const side = Math.ceil(Math.max(minSide, contextSide));
  return squareInScene([(extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2], side, options);
}

/** A square of whole pixels around a centre, moved into the scene, cut only where the scene is narrower than it. */
function squareInScene(centre: Point, side: number, scene: NativeCropOptions): Rectangle {
  const width = Math.min(side, scene.sceneWidth);
  const height = Math.min(side, scene.sceneHeight);
  const x0 = clamp(Math.round(centre[0] - width / 2), 0, scene.sceneWidth - width);
  const y0 = clamp(Math.round(centre[1] - height / 2), 0, scene.sceneHeight - height);
  return { x0, y0, x1: x0 + width, y1: y0 + height };
}

/** The group that a crop joins at the smallest cost; null when it needs an image of its own. */
function bestGroup(groups: readonly CropGroup[], rectangle: Rectangle, inputSize: number): CropGroup | null {
  let best: CropGroup | null = null;
  let bestSide = Infinity;
  for (const group of groups) {
    const side = longSide(unite(group.rectangle, rectangle));
    const ownSide = Math.min(group.smallestSide, longSide(rectangle));
    if (side < bestSide && side <= Math.max(sideWithoutLoss(inputSize), ownSide * sharedSideSlack)) {
      best = group;
      bestSide = side;
    }
  }
  return best;
}

function toCrop(prompt: PromptShape, windowPx: WindowPx, outWidth: number, outHeight: number): SegmenterPrompt {
  const toImage = ([x, y]: Point): Point => [
    ((x - windowPx.x) * outWidth) / windowPx.width,
    ((y - windowPx.y) * outHeight) / windowPx.height,
  ];
  const inside = ([x, y]: Point): boolean =>
    x >= windowPx.x && y >= windowPx.y && x <= windowPx.x + windowPx.width && y <= windowPx.y + windowPx.height;
  const { box } = prompt;
  return {
    boxImagePx: box === null ? null : [...toImage([box[0], box[1]]), ...toImage([box[2], box[3]])],
    positivePointsImagePx: prompt.positivePoints.map(toImage),
    // What lies outside the crop cannot be in the mask: a negative point there has nothing to say.
    negativePointsImagePx: prompt.negativePoints.filter(inside).map(toImage),
  };
}

function unite(a: Rectangle, b: Rectangle): Rectangle {
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

function longSide({ x0, y0, x1, y1 }: Rectangle): number {
  return Math.max(x1 - x0, y1 - y0);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
