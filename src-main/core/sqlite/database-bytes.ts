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
 * The file of a new database that `fill` gives its tables, in one transaction. It is made in memory: for databases that fit there.
 *
 * @throws what `fill` throws, or the SQLite3Error of a statement.
 */
export async function databaseBytes(fill: (database: Database) => void): Promise<Uint8Array> {
  sqlite ??= start().catch((thrown: unknown) => {
    sqlite = null;
    throw thrown;
  });
  const { capi, oo1 } = await sqlite;
  const database = new oo1.DB(':memory:');
  try {
    database.exec('PRAGMA page_size = 4096');
    database.transaction(fill);
    return capi.sqlite3_js_db_export(database);
  } finally {
    database.close();
  }
}
