/**
 * Instances of overlapping tiles become instances of the scene. Two are the same object when their masks agree where both tiles
 * looked; that they touch says nothing. Tiles are given row by row; an object is handed out once no later tile can add to it.
 */
import type { WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import { sharedWindow, type Tile, type TilePlan } from './plan-tiles.ts';
import { areaPxOf, boundsOfRuns, clipRuns, sharedAreaPx, uniteRuns } from './run-length-mask.ts';
import type { TileInstance } from './tile-answer.ts';
import { boxAround, boxIou, boxOfWindow, clipBox, placeOf, sides, type Box, type Side } from './tile-edges.ts';
import type { CutObject } from './whole-object.ts';

/** Share of the smaller of two masks, within what both tiles see, that must be in the other. */
const agreeingShare = 0.5;
/** Boxes that overlap by this much (IoU) within what both tiles see name the same object where one of them is cut off. */
const sameBoxIou = 0.75;

/** One object, as all tiles together saw it. */
export interface SeenObject extends CutObject {
  /** The best of its parts. */
  readonly score: number;
  /** Of its largest part, with the points of all parts, in scene pixels. */
  readonly promptScenePx: Prompt;
  /** Around the tiles that saw it, in scene pixels. */
  readonly seenPx: Box;
  /** Its first part: the tile, and the position there. No other object has it. */
  readonly firstPart: readonly [tile: number, index: number];
  /** Whether some tile saw all of it. */
  readonly isWhole: boolean;
}

interface Part extends TileInstance {
  readonly tile: Tile;
  /** Union-find: the part that stands for the object; itself at the root. */
  parent: Part | null;
}

function rootOf(part: Part): Part {
  let root = part;
  while (root.parent !== null) {
    root = root.parent;
  }
  for (let at = part; at.parent !== null;) {
    const next = at.parent;
    at.parent = root;
    at = next;
  }
  return root;
}

function before(a: Part, b: Part): number {
  return a.tile.index - b.tile.index || a.index - b.index;
}

/** Whether two parts are the same object, as far as both tiles can see. */
function agree(a: Part, b: Part, zonePx: WindowPx): boolean {
  return masksAgree(a, b, zonePx) || (!(isComplete(a) && isComplete(b)) && boxesAgree(a, b, zonePx));
}

function masksAgree(a: Part, b: Part, zonePx: WindowPx): boolean {
  const inA = clipRuns(a.runs, zonePx);
  const inB = clipRuns(b.runs, zonePx);
  const shared = sharedAreaPx(inA, inB);
  return shared > 0 && shared >= agreeingShare * Math.min(areaPxOf(inA), areaPxOf(inB));
}

/** The masks of a large object may differ wildly where tiles show little else than it; what they were asked about still tells. */
function boxesAgree(a: Part, b: Part, zonePx: WindowPx): boolean {
  const zone = boxOfWindow(zonePx);
  return boxIou(clipBox(a.boxScenePx, zone), clipBox(b.boxScenePx, zone)) >= sameBoxIou;
}

export class TileMerger {
  readonly #plan: TilePlan;
  /** Parts of tiles that later tiles may still meet, and of objects that have such a part. */
  #active: Part[] = [];

  constructor(plan: TilePlan) {
    this.#plan = plan;
  }

  /** Adds what the tiles of the next row named. @returns the objects that are complete now, in the order of their first parts. */
  addRow(
    row: number,
    tiles: readonly { readonly tile: Tile; readonly instances: readonly TileInstance[] }[],
  ): SeenObject[] {
    for (const { tile, instances } of tiles) {
      const parts = instances
        .filter(({ runs }) => runs.length > 0)
        .map((instance): Part => ({ ...instance, tile, parent: null }));
      this.#link(parts, tile);
      this.#active.push(...parts);
    }
    return this.#takeFinished(row + 1);
  }

  #link(parts: readonly Part[], tile: Tile): void {
    for (const other of this.#active) {
      const zonePx = sharedWindow(other.tile.windowPx, tile.windowPx);
      if (zonePx === null) {
        continue;
      }
      for (const part of parts) {
        if (agree(part, other, zonePx)) {
          const [a, b] = [rootOf(part), rootOf(other)].sort(before);
          if (a !== b) {
            b!.parent = a!;
          }
        }
      }
    }
  }

  #takeFinished(nextRow: number): SeenObject[] {
    const nextTopPx = this.#plan.tiles[nextRow * this.#plan.columns]?.windowPx.y ?? Infinity;
    const groups = new Map<Part, Part[]>();
    for (const part of this.#active) {
      const root = rootOf(part);
      groups.set(root, [...(groups.get(root) ?? []), part]);
    }
    const finished: SeenObject[] = [];
    this.#active = [];
    for (const [, parts] of [...groups].sort(([a], [b]) => before(a, b))) {
      if (parts.some(({ tile: { windowPx } }) => windowPx.y + windowPx.height > nextTopPx)) {
        this.#active.push(...parts);
      } else {
        finished.push(...resolve(parts.sort(before)));
      }
    }
    this.#active.sort(before);
    return finished;
  }
}

/**
 * Parts that agree, as objects: one for each that some tile saw whole, with the views of it that others cut off left out. An object
 * that no tile saw whole is all its parts together.
 */
function resolve(parts: readonly Part[]): SeenObject[] {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return [seenObject([only])];
  }
  const ranked = parts
    .map((part) => ({ part, area: areaPxOf(part.runs) }))
    .sort(
      (a, b) => Number(isComplete(b.part)) - Number(isComplete(a.part)) || b.area - a.area || before(a.part, b.part),
    );
  const objects: Part[][] = [];
  for (const { part, area } of ranked) {
    const home = objects
      .map((members) => ({ members, shared: sharedAreaPx(members[0]!.runs, part.runs) }))
      .reduce<{ members: Part[]; shared: number } | null>(
        (best, at) => (best === null || at.shared > best.shared ? at : best),
        null,
      );
    const isSeenAlready = home !== null && home.shared >= agreeingShare * area;
    if (home === null || (isComplete(part) && !isSeenAlready)) {
      objects.push([part]);
    } else if (!(isComplete(home.members[0]!) && isSeenAlready)) {
      home.members.push(part);
    }
  }
  return objects
    .map((members) => members.sort(before))
    .sort((a, b) => before(a[0]!, b[0]!))
    .map(seenObject);
}

function isComplete({ cutSides }: Part): boolean {
  return cutSides.length === 0;
}

function seenObject(members: readonly Part[]): SeenObject {
  const largest = members.reduce((a, b) => (areaPxOf(b.runs) > areaPxOf(a.runs) ? b : a));
  return {
    runs: uniteRuns(members.map(({ runs }) => runs)),
    score: Math.max(...members.map(({ score }) => score)),
    promptScenePx: {
      ...largest.promptScenePx,
      ...pointsOf('positive_points', members),
      ...pointsOf('negative_points', members),
    },
    boxScenePx: boxAround(members.map(({ boxScenePx }) => boxScenePx)),
    seenPx: boxAround(members.map(({ tile }) => boxOfWindow(tile.windowPx))),
    firstPart: [members[0]!.tile.index, members[0]!.index],
    isWhole: members.every(isComplete),
    openSides: sides.filter((side) => isOpen(members, side)),
  };
}

/** What any part named, each point once. */
function pointsOf(key: 'positive_points' | 'negative_points', members: readonly Part[]): Prompt {
  const points = new Map(
    members.flatMap(({ promptScenePx }) => promptScenePx[key] ?? []).map((point) => [point.join(), point]),
  );
  return points.size === 0 ? {} : { [key]: [...points.values()] };
}

/** Whether the part that reaches farthest to a side is cut off there. */
function isOpen(members: readonly Part[], side: Side): boolean {
  const { at, outwards } = placeOf[side];
  const reaches = members.map(({ boxScenePx, runs }) =>
    Math.max(outwards * boxScenePx[at], outwards * boxOfWindow(boundsOfRuns(runs))[at]),
  );
  const farthest = Math.max(...reaches);
  return members.every(({ cutSides }, index) => reaches[index]! < farthest || cutSides.includes(side));
}
