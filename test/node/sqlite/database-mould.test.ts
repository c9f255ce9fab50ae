import type { Database } from '@sqlite.org/sqlite-wasm';
import createSqlite from '@sqlite.org/sqlite-wasm';
import { expect, test } from 'vitest';
import { DatabaseMould } from '../../../src-main/core/sqlite/database-mould.ts';

const mould = new DatabaseMould((database) => {
  database.exec("CREATE TABLE common (text TEXT); INSERT INTO common VALUES ('prepared')");
});

async function textsIn(bytes: Uint8Array, table: string): Promise<unknown[]> {
  const { capi, oo1, wasm } = await createSqlite();
  const database = new oo1.DB();
  try {
    const memory = wasm.allocFromTypedArray(bytes);
    const { length } = bytes;
    const code = capi.sqlite3_deserialize(
      database.pointer!,
      'main',
      memory,
      length,
      length,
      capi.SQLITE_DESERIALIZE_FREEONCLOSE,
    );
    database.checkRc(code);
    expect(database.selectValue('PRAGMA integrity_check')).toBe('ok');
    return database.selectValues(`SELECT text FROM ${table}`);
  } finally {
    database.close();
  }
}

function addOwn(text: string): (database: Database) => void {
  return (database) => {
    database.exec(
      `CREATE TABLE own (text TEXT); INSERT INTO own VALUES ('${text}'); UPDATE common SET text = '${text}'`,
    );
  };
}

test('each database has what was prepared and what is its own', async () => {
  for (const text of ['first', 'second']) {
    const bytes = await mould.databaseBytes(addOwn(text));
    expect(await textsIn(bytes, 'own')).toEqual([text]);
    expect(await textsIn(bytes, 'common')).toEqual([text]);
  }
  const bytes = await mould.databaseBytes(() => undefined);
  expect(await textsIn(bytes, 'common')).toEqual(['prepared']);
  await expect(textsIn(bytes, 'own')).rejects.toThrow('no such table');
});

test('one that fails leaves nothing to the next', async () => {
  const failing = mould.databaseBytes((database) => {
    addOwn('failed')(database);
    database.exec('INSERT INTO nowhere VALUES (1)');
  });
  await expect(failing).rejects.toThrow('nowhere');
  expect(await textsIn(await mould.databaseBytes(addOwn('next')), 'own')).toEqual(['next']);
});
