/**
 * A new SQLite database, written in one go from front to back, with nothing to undo and nothing read back: the file format is fixed
 * (https://www.sqlite.org/fileformat2.html). Whatever is there already is changed by SQLite itself, see `core/gdal`.
 */
import { pageBytes, PageFile } from './page-file.ts';
import type { SqliteValue } from './record.ts';
import { TableTree, writeSmallIndex } from './tree.ts';

export interface DatabaseKind {
  /** Four characters that tell what the database holds. */
  readonly applicationId: string;
  readonly userVersion: number;
}

export interface Row {
  readonly rowid: number;
  /** One per column; null for the column that is the `rowid`. */
  readonly values: readonly SqliteValue[];
}

const rowsBetweenFlushes = 500;
/** Of the SQLite whose schema format this is. */
const sqliteVersionNumber = 3_045_001;

export class DatabaseFile {
  readonly #pages: PageFile;
  readonly #schema: SqliteValue[][] = [];

  private constructor(pages: PageFile) {
    this.#pages = pages;
  }

  /** Creates the file and lets `fill` give it its tables. Rejects with OUTPUT_FULL, OUTPUT_NOT_WRITABLE, or what `fill` throws. */
  static async create(
    path: string,
    kind: DatabaseKind,
    fill: (database: DatabaseFile) => Promise<void>,
  ): Promise<void> {
    await PageFile.create(path, async (pages) => {
      const database = new DatabaseFile(pages);
      await fill(database);
      database.#finish(kind);
    });
  }

  /**
   * @param rows in ascending order of their `rowid`.
   * @param uniqueColumns for each PRIMARY KEY (but the one that is the `rowid`) and UNIQUE in `sql`, in its order, the columns.
   */
  async table(
    name: string,
    sql: string,
    rows: Iterable<Row>,
    uniqueColumns: readonly (readonly number[])[] = [],
  ): Promise<void> {
    const tree = new TableTree(this.#pages);
    const keys = uniqueColumns.map((): (string | number | null)[][] => []);
    let count = 0;
    for (const { rowid, values } of rows) {
      tree.add(rowid, values);
      uniqueColumns.forEach((columns, index) =>
        keys[index]?.push([...columns.map((column) => keyOf(values[column])), rowid]),
      );
      count += 1;
      if (count % rowsBetweenFlushes === 0) {
        await this.#pages.flushIfMany();
      }
    }
    this.#schema.push(['table', name, name, tree.finish(), sql]);
    keys.forEach((entries, index) => {
      const root = writeSmallIndex(this.#pages, entries);
      this.#schema.push(['index', `sqlite_autoindex_${name}_${index + 1}`, name, root, null]);
    });
  }

  /** A virtual table or a trigger: they have no pages. */
  rule(type: 'table' | 'trigger', name: string, tableName: string, sql: string): void {
    this.#schema.push([type, name, tableName, 0, sql]);
  }

  #finish({ applicationId, userVersion }: DatabaseKind): void {
    const tree = new TableTree(this.#pages);
    this.#schema.forEach((entry, index) => {
      tree.add(index + 1, entry);
    });
    tree.finishFirst();
    const header = this.#pages.first;
    header.write('SQLite format 3\0', 0, 'latin1');
    header.writeUInt16BE(pageBytes, 16);
    // Written and read the oldest way, whole pages, and the shares that SQLite wants.
    header.set([1, 1, 0, 64, 32, 32], 18);
    const [changes, schemaFormat, utf8] = [1, 4, 1];
    header.writeUInt32BE(changes, 24);
    header.writeUInt32BE(this.#pages.count, 28);
    header.writeUInt32BE(changes, 40);
    header.writeUInt32BE(schemaFormat, 44);
    header.writeUInt32BE(utf8, 56);
    header.writeUInt32BE(userVersion, 60);
    header.write(applicationId, 68, 4, 'latin1');
    header.writeUInt32BE(changes, 92);
    header.writeUInt32BE(sqliteVersionNumber, 96);
  }
}

function keyOf(value: SqliteValue | undefined): string | null {
  if (value === undefined || value instanceof Uint8Array || typeof value === 'number') {
    throw new Error(`got ${String(value)} in a unique column, expected text or null`);
  }
  return value;
}
