/** Draws the tiles of one raster on a canvas so that every pixel of the scene lies where its transform says, also turned or sheared. */
import type { Geotransform, Point } from '../../src-main/contract/geo.ts';
import { tileBorderPx } from '../raster/colour-tile.ts';
import {
  levelFor,
  tileRectLevelPx,
  tilesTouching,
  type Level,
  type Rect,
  type TileAddress,
} from '../raster/pyramid.ts';
import { affinePieces, type ScreenSize } from './affine-pieces.ts';

/** From here on single pixels are looked at: they stay squares. */
const squarePixelsFrom = 1.5;

export interface SceneOnScreen {
  readonly sceneWidth: number;
  readonly sceneHeight: number;
  /** Scene pixel to pixel of the canvas; null where there is none. */
  readonly project: (pointScenePx: Point) => Point | null;
  readonly canvas: ScreenSize;
  /** The part of the scene that may be on the screen, in scene pixels. */
  readonly visibleScenePx: Rect;
}

export interface DrawingPlan {
  readonly level: number;
  /** Most urgent first: the coarsest level fills the screen at once, then the level that is asked for. */
  readonly wanted: readonly TileAddress[];
  readonly canvasPxPerLevelPx: number;
}

/** Null when nothing of the scene is to be seen. */
export function planDrawing(levels: readonly Level[], scene: SceneOnScreen): DrawingPlan | null {
  const { visibleScenePx, sceneWidth, sceneHeight } = scene;
  const canvasPxPerScenePx = scaleAtMiddle(scene);
  if (canvasPxPerScenePx === null || visibleScenePx.width <= 0 || visibleScenePx.height <= 0) {
    return null;
  }
  const level = levelFor(levels, { width: sceneWidth, height: sceneHeight }, 1 / canvasPxPerScenePx);
  const coarsest = levels.length - 1;
  const touching = (index: number): TileAddress[] => {
    const { width, height } = levels[index]!;
    const scaleX = width / sceneWidth;
    const scaleY = height / sceneHeight;
    const { x, y } = visibleScenePx;
    return tilesTouching(levels[index]!, index, {
      x: x * scaleX,
      y: y * scaleY,
      width: visibleScenePx.width * scaleX,
      height: visibleScenePx.height * scaleY,
    });
  };
  return {
    level,
    wanted: [...(coarsest === level ? [] : touching(coarsest)), ...touching(level)],
    canvasPxPerLevelPx:
      canvasPxPerScenePx * Math.max(sceneWidth / levels[level]!.width, sceneHeight / levels[level]!.height),
  };
}

/** @param bitmapOf the picture of a tile with its border, if it is there already. */
export function drawTiles(
  context: CanvasRenderingContext2D,
  levels: readonly Level[],
  { level, wanted, canvasPxPerLevelPx }: DrawingPlan,
  scene: SceneOnScreen,
  bitmapOf: (address: TileAddress) => ImageBitmap | undefined,
): void {
  context.imageSmoothingEnabled = canvasPxPerLevelPx < squarePixelsFrom;
  const isWhole = wanted.every((address) => address.level !== level || bitmapOf(address) !== undefined);
  for (const address of wanted) {
    const bitmap = isWhole && address.level !== level ? undefined : bitmapOf(address);
    if (bitmap !== undefined) {
      drawTile(context, levels[address.level]!, address, scene, bitmap);
    }
  }
}

function drawTile(
  context: CanvasRenderingContext2D,
  level: Level,
  address: TileAddress,
  { project, canvas, sceneWidth, sceneHeight }: SceneOnScreen,
  bitmap: ImageBitmap,
): void {
  const tile = tileRectLevelPx(level, address);
  const scaleX = sceneWidth / level.width;
  const scaleY = sceneHeight / level.height;
  for (const { rect, toScreen } of affinePieces(tile, canvas, ([x, y]) => project([x * scaleX, y * scaleY]))) {
    const [a, b, c, d, e, f] = toScreen;
    // Half a pixel of the screen beyond the edge closes the seam to the neighbour; at the edge of the scene there is none.
    const overlapX = Math.min(tileBorderPx, 0.5 / Math.hypot(a, d));
    const overlapY = Math.min(tileBorderPx, 0.5 / Math.hypot(b, e));
    const left = rect.x === 0 ? 0 : rect.x - overlapX;
    const top = rect.y === 0 ? 0 : rect.y - overlapY;
    const right = rect.x + rect.width === level.width ? level.width : rect.x + rect.width + overlapX;
    const bottom = rect.y + rect.height === level.height ? level.height : rect.y + rect.height + overlapY;
    context.setTransform(a, d, b, e, c, f);
    context.drawImage(
      bitmap,
      left - tile.x + tileBorderPx,
      top - tile.y + tileBorderPx,
      right - left,
      bottom - top,
      left,
      top,
      right - left,
      bottom - top,
    );
  }
}

function scaleAtMiddle({ project, visibleScenePx: { x, y, width, height } }: SceneOnScreen): number | null {
  const middle: Point = [x + width / 2, y + height / 2];
  const origin = project(middle);
  const right = project([middle[0] + 1, middle[1]]);
  const below = project([middle[0], middle[1] + 1]);
  if (origin === null || right === null || below === null) {
    return null;
  }
  return areaScale([right[0] - origin[0], below[0] - origin[0], 0, right[1] - origin[1], below[1] - origin[1], 0]);
}

function areaScale([a, b, , d, e]: Geotransform): number | null {
  const area = Math.abs(a * e - b * d);
  return area > 0 && Number.isFinite(area) ? Math.sqrt(area) : null;
}
