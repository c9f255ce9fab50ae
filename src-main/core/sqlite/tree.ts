/** B-trees of SQLite, written from the leaves up: https://www.sqlite.org/fileformat2.html, sections 1.5 and 1.6. */
import { pageBytes, type PageFile } from './page-file.ts';
import { encodeRecord, varint, type SqliteValue } from './record.ts';

const kind = { interiorTable: 0x05, leafIndex: 0x0a, leafTable: 0x0d } as const;
const leafHeaderBytes = 8;
const interiorHeaderBytes = 12;
const pointerBytes = 2;
/** Of the file, before the tree of the first page. */
export const fileHeaderBytes = 100;
/** An interior page holds so many whatever their numbers are, the first page too. */
const maxChildren = 256;

const minLocalBytes = Math.floor(((pageBytes - 12) * 32) / 255) - 23;
const maxLocalBytes = { table: pageBytes - 35, index: Math.floor(((pageBytes - 12) * 64) / 255) - 23 };

/** A table, row after row in ascending order. */
export class TableTree {
  readonly #pages: PageFile;
  readonly #children: { page: number; lastRowid: number }[] = [];
  #cells: Buffer[] = [];
  #usedBytes = leafHeaderBytes;
  #lastRowid = 0;

  constructor(pages: PageFile) {
    this.#pages = pages;
  }

  add(rowid: number, values: readonly SqliteValue[]): void {
    const record = encodeRecord(values);
    const cell = Buffer.concat([varint(record.length), varint(rowid), localPart(this.#pages, record, 'table')]);
    if (this.#usedBytes + cell.length + pointerBytes > pageBytes) {
      this.#endLeaf();
    }
    this.#cells.push(cell);
    this.#usedBytes += cell.length + pointerBytes;
    this.#lastRowid = rowid;
  }

  /** @returns the number of its root page. */
  finish(): number {
    return this.#children.length === 0
      ? this.#pages.append(page(kind.leafTable, this.#cells))
      : this.#pages.append(this.#root(0));
  }

  /** The tree whose root is the first page of the file. */
  finishFirst(): void {
    const fits = this.#children.length === 0 && this.#usedBytes + fileHeaderBytes <= pageBytes;
    const root = fits ? page(kind.leafTable, this.#cells, { startByte: fileHeaderBytes }) : this.#root(fileHeaderBytes);
    root.copy(this.#pages.first, fileHeaderBytes, fileHeaderBytes);
  }

  #endLeaf(): void {
    this.#children.push({ page: this.#pages.append(page(kind.leafTable, this.#cells)), lastRowid: this.#lastRowid });
    this.#cells = [];
    this.#usedBytes = leafHeaderBytes;
  }

  #root(startByte: number): Buffer {
    this.#endLeaf();
    let children = this.#children;
    while (children.length > maxChildren) {
      // Evenly, so that no page is left with a single one.
      const size = Math.ceil(children.length / Math.ceil(children.length / maxChildren));
      const parents = [];
      for (let from = 0; from < children.length; from += size) {
        const group = children.slice(from, from + size);
        parents.push({ page: this.#pages.append(interiorPage(group, 0)), lastRowid: group.at(-1)!.lastRowid });
      }
      children = parents;
    }
    return interiorPage(children, startByte);
  }
}

/** The index of a few unique keys; each entry ends with the number of its row. @returns the number of its root page. */
export function writeSmallIndex(pages: PageFile, entries: readonly (readonly (string | number | null)[])[]): number {
  const cells = [...entries].sort(compareKeys).map((entry) => {
    const record = encodeRecord(entry);
    return Buffer.concat([varint(record.length), localPart(pages, record, 'index')]);
  });
  return pages.append(page(kind.leafIndex, cells));
}

/** Nothing before texts, texts by their bytes. */
function compareKeys(left: readonly (string | number | null)[], right: readonly (string | number | null)[]): number {
  for (const [index, value] of left.entries()) {
    const order = Buffer.compare(Buffer.from(String(value ?? '')), Buffer.from(String(right[index] ?? '')));
    if (order !== 0) {
      return order;
    }
  }
  return 0;
}

/** What of a record stays in its page; the rest goes to pages of its own, and their first number stands behind. */
function localPart(pages: PageFile, record: Buffer, tree: 'table' | 'index'): Buffer {
  if (record.length <= maxLocalBytes[tree]) {
    return record;
  }
  const roomBytes = pageBytes - 4;
  const evenBytes = minLocalBytes + ((record.length - minLocalBytes) % roomBytes);
  const localBytes = evenBytes <= maxLocalBytes[tree] ? evenBytes : minLocalBytes;
  const next = Buffer.alloc(4);
  next.writeUInt32BE(pages.count + 1);
  for (let from = localBytes; from < record.length; from += roomBytes) {
    const overflow = Buffer.alloc(pageBytes);
    overflow.writeUInt32BE(from + roomBytes < record.length ? pages.count + 2 : 0);
    record.copy(overflow, 4, from, from + roomBytes);
    pages.append(overflow);
  }
  return Buffer.concat([record.subarray(0, localBytes), next]);
}

function interiorPage(children: readonly { page: number; lastRowid: number }[], startByte: number): Buffer {
  const cells = children.slice(0, -1).map((child) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(child.page);
    return Buffer.concat([number, varint(child.lastRowid)]);
  });
  return page(kind.interiorTable, cells, { startByte, rightmostPage: children.at(-1)!.page });
}

/** Cells fill a page from its end, the list of where they are from its start. */
function page(
  pageKind: number,
  cells: readonly Buffer[],
  { startByte = 0, rightmostPage }: { startByte?: number; rightmostPage?: number } = {},
): Buffer {
  const bytes = Buffer.alloc(pageBytes);
  let contentStart = pageBytes;
  let pointer = startByte + (rightmostPage === undefined ? leafHeaderBytes : interiorHeaderBytes);
  for (const cell of cells) {
    contentStart -= cell.length;
    cell.copy(bytes, contentStart);
    bytes.writeUInt16BE(contentStart, pointer);
    pointer += pointerBytes;
  }
  if (pointer > contentStart) {
    throw new Error(`${cells.length} cells do not fit into a page of ${pageBytes} bytes`);
  }
  bytes.writeUInt8(pageKind, startByte);
  bytes.writeUInt16BE(cells.length, startByte + 3);
  bytes.writeUInt16BE(contentStart, startByte + 5);
  if (rightmostPage !== undefined) {
    bytes.writeUInt32BE(rightmostPage, startByte + 8);
  }
  return bytes;
}
