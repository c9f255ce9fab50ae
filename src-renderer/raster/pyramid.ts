/** The levels of a raster file as a map sees them: every one covers the whole scene, in ever fewer pixels, cut into tiles. */

export interface Level {
  readonly width: number;
  readonly height: number;
  /** In pixels of this level; the last column and row of tiles are cut off at the edge. */
  readonly tileWidth: number;
  readonly tileHeight: number;
}

export interface TileAddress {
  /** 0 is the finest. */
  readonly level: number;
  readonly column: number;
  readonly row: number;
}

/** A rectangle of a level or of the scene; the name of the variable says which. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The coarsest level that still has a pixel for every pixel of the screen, else the finest. */
export function levelFor(
  levels: readonly Level[],
  scene: { readonly width: number; readonly height: number },
  scenePxPerScreenPx: number,
): number {
  for (let index = levels.length - 1; index > 0; index -= 1) {
    const { width, height } = levels[index]!;
    // A side of few pixels is cut in half no more. And levels are rounded to whole pixels: 1000 / 501 is meant to be 2.
    if (Math.max(scene.width / width, scene.height / height) <= scenePxPerScreenPx * 1.01) {
      return index;
    }
  }
  return 0;
}

export function tileRectLevelPx(level: Level, { column, row }: TileAddress): Rect {
  const x = column * level.tileWidth;
  const y = row * level.tileHeight;
  return {
    x,
    y,
    width: Math.min(level.tileWidth, level.width - x),
    height: Math.min(level.tileHeight, level.height - y),
  };
}

/** Tiles of a level that touch a rectangle of it, those near its middle first. */
export function tilesTouching(level: Level, index: number, rectLevelPx: Rect): TileAddress[] {
  const firstColumn = Math.max(0, Math.floor(rectLevelPx.x / level.tileWidth));
  const firstRow = Math.max(0, Math.floor(rectLevelPx.y / level.tileHeight));
  const endX = Math.min(level.width, rectLevelPx.x + rectLevelPx.width);
  const endY = Math.min(level.height, rectLevelPx.y + rectLevelPx.height);
  const tiles: (TileAddress & { distance: number })[] = [];
  for (let row = firstRow; row * level.tileHeight < endY; row += 1) {
    for (let column = firstColumn; column * level.tileWidth < endX; column += 1) {
      const dx = (column + 0.5) * level.tileWidth - (rectLevelPx.x + rectLevelPx.width / 2);
      const dy = (row + 0.5) * level.tileHeight - (rectLevelPx.y + rectLevelPx.height / 2);
      tiles.push({ level: index, column, row, distance: dx * dx + dy * dy });
    }
  }
  return tiles.sort((left, right) => left.distance - right.distance);
}
