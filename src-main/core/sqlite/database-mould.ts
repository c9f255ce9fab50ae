import createSqlite, { type Database, type Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The official build of SQLite for WebAssembly takes its own file, but its types do not say so. */
type Create = (module: { wasmBinary: Uint8Array }) => Promise<Sqlite3Static>;

let sqlite: Promise<Sqlite3Static> | null = null;

async function start(): Promise<Sqlite3Static> {
  const wasm = createRequire(import.meta.url).resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm');
  return (createSqlite as Create)({ wasmBinary: await readFile(wasm) });
}

/**
 * Makes files of databases that have much in common: that is prepared once, and each database is a transaction on it, whose pages are
 * copied before it is rolled back. All of it is done in memory: for databases that fit there.
 */
export class DatabaseMould {
  readonly #prepare: (database: Database) => void;
  /** With what was prepared and nothing else. */
  #prepared: Database | null = null;

  constructor(prepare: (database: Database) => void) {
    this.#prepare = prepare;
  }

  /**
   * The file of a database with what `fill` adds to the prepared one.
   *
   * @throws what `fill` throws, or the SQLite3Error of a statement.
   */
  async databaseBytes(fill: (database: Database) => void): Promise<Uint8Array> {
    sqlite ??= start().catch((thrown: unknown) => {
      sqlite = null;
      throw thrown;
    });
    const { capi, oo1 } = await sqlite;
    const database = this.#prepared ?? new oo1.DB(':memory:');
    const isNew = this.#prepared === null;
    this.#prepared = null;
    try {
      if (isNew) {
        database.exec('PRAGMA page_size = 4096');
        database.transaction(this.#prepare);
      }
      database.exec('BEGIN');
      fill(database);
      const bytes = capi.sqlite3_js_db_export(database);
      database.exec('ROLLBACK');
      this.#prepared = database;
      return bytes;
    } finally {
      // Whatever failed has left it in a state that nobody knows.
      if (this.#prepared === null) {
        database.close();
      }
    }
  }
}
