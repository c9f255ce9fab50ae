/** Spatial indexes as SQLite's R*Tree module keeps them: https://www.sqlite.org/rtree.html, section 6. */
import type { Row } from './database-file.ts';

/** What the module chooses for pages of 4,096 bytes and two dimensions: 51 boxes. */
const maxCells = 51;
const cellBytes = 8 + 4 * 4;
const nodeHeaderBytes = 4;
const nodeBytes = nodeHeaderBytes + maxCells * cellBytes;

/** `minX, maxX, minY, maxY`. */
export type Box = readonly [minX: number, maxX: number, minY: number, maxY: number];

interface Cell {
  readonly id: number;
  readonly box: Box;
}

export interface RtreeTables {
  /** `(nodeno, data)`; the root is 1. */
  readonly nodes: Row[];
  /** `(rowid, nodeno)` */
  readonly rowids: Row[];
  /** `(nodeno, parentnode)` */
  readonly parents: Row[];
}

/** Rows of the three tables of an R-tree over the boxes, full and sorted by tiles. */
export function packRtree(entries: readonly Cell[]): RtreeTables {
  const levels = groupUpwards(entries);
  const depth = levels.length - 1;
  const nodes: Row[] = [];
  const rowids: Row[] = [];
  const parents: Row[] = [];
  for (const [level, groups] of levels.entries()) {
    for (const { id, cells } of groups) {
      nodes.push({ rowid: id, values: [null, encodeNode(cells, id === 1 ? depth : 0)] });
      for (const cell of cells) {
        (level === 0 ? rowids : parents).push({ rowid: cell.id, values: [null, id] });
      }
    }
  }
  for (const rows of [nodes, rowids, parents]) {
    rows.sort((left, right) => left.rowid - right.rowid);
  }
  return { nodes, rowids, parents };
}

interface Node {
  readonly id: number;
  readonly cells: readonly Cell[];
}

/** Leaves first, the root last. Numbers go down from the top: the root is 1. */
function groupUpwards(entries: readonly Cell[]): Node[][] {
  const counts = [nodesFor(entries.length)];
  while (counts.at(-1)! > 1) {
    counts.push(nodesFor(counts.at(-1)!));
  }
  let cells = sortedByTiles(entries.map(({ id, box }) => ({ id, box: roundedOutward(box) })));
  return counts.map((count, level) => {
    const firstId = 1 + counts.slice(level + 1).reduce((sum, above) => sum + above, 0);
    const groups = Array.from({ length: count }, (_, index) => ({
      id: firstId + index,
      cells: cells.slice(index * maxCells, (index + 1) * maxCells),
    }));
    cells = groups.map((group) => ({ id: group.id, box: unionOf(group.cells) }));
    return groups;
  });
}

/** An empty tree has a root too. */
function nodesFor(cells: number): number {
  return Math.max(1, Math.ceil(cells / maxCells));
}

/** Upright stripes from left to right, each from bottom to top, so that neighbours share a node. */
function sortedByTiles(cells: Cell[]): Cell[] {
  const nodes = nodesFor(cells.length);
  const stripeCells = Math.ceil(nodes / Math.ceil(Math.sqrt(nodes))) * maxCells;
  cells.sort(({ box: left }, { box: right }) => left[0] + left[1] - right[0] - right[1]);
  const sorted: Cell[] = [];
  for (let from = 0; from < cells.length; from += stripeCells) {
    const stripe = cells.slice(from, from + stripeCells);
    stripe.sort(({ box: left }, { box: right }) => left[2] + left[3] - right[2] - right[3]);
    sorted.push(...stripe);
  }
  return sorted;
}

function unionOf(cells: readonly Cell[]): Box {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { box } of cells) {
    minX = Math.min(minX, box[0]);
    maxX = Math.max(maxX, box[1]);
    minY = Math.min(minY, box[2]);
    maxY = Math.max(maxY, box[3]);
  }
  return [minX, maxX, minY, maxY];
}

/** Boxes are kept in 32 bits and must not lose what they hold: a step of 2^-23 is at least that to the next number. */
function roundedOutward([minX, maxX, minY, maxY]: Box): Box {
  return [roundedDown(minX), -roundedDown(-maxX), roundedDown(minY), -roundedDown(-maxY)];
}

function roundedDown(value: number): number {
  const nearest = Math.fround(value);
  return nearest <= value ? nearest : Math.fround(value * (value < 0 ? 1 + 2 ** -23 : 1 - 2 ** -23));
}

function encodeNode(cells: readonly Cell[], depth: number): Buffer {
  const bytes = Buffer.alloc(nodeBytes);
  bytes.writeUInt16BE(depth, 0);
  bytes.writeUInt16BE(cells.length, 2);
  let at = nodeHeaderBytes;
  for (const { id, box } of cells) {
    bytes.writeBigInt64BE(BigInt(id), at);
    box.forEach((value, index) => bytes.writeFloatBE(value, at + 8 + index * 4));
    at += cellBytes;
  }
  return bytes;
}
