import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DatabaseFile, type Row } from '../../../src-main/core/sqlite/database-file.ts';
import { packRtree, type Box } from '../../../src-main/core/sqlite/rtree.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

// SQLite itself, as Python has it, reads what we wrote and checks every page of it.
const missing = pythonMissing(['sqlite3', 'fiona', 'rasterio', 'shapely']);
const python =
  missing === null ? new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py')) : null;
const folder = mkdtempSync(join(tmpdir(), 't2s-sqlite-'));
const kind = { applicationId: 'TEST', userVersion: 7 };
afterAll(() => {
  python?.close();
  rmSync(folder, { recursive: true, force: true });
});

function sql(path: string, query: string): Promise<Record<string, unknown>> {
  return python!.ask({ op: 'sql', path, query });
}

describe.skipIf(missing !== null)(`SQLite${missing === null ? '' : ` (${missing})`}`, () => {
  test('reads every kind of value', async () => {
    const path = join(folder, 'values.db');
    const integers = [0, 1, -1, 127, 128, -128, -129, 32_767, 32_768, 8_388_607, -8_388_609, 2 ** 31, 2 ** 47, -(2 ** 47) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]; // prettier-ignore
    const others = [0.1, -1e300, null, '', 'Größe 直升机 🚁', 'x'.repeat(127)];
    const values = [...integers, ...others];
    const rows = values.map((value, index): Row => ({ rowid: index - 3, values: [null, value] }));
    await DatabaseFile.create(path, kind, (database) =>
      database.table('t', 'CREATE TABLE t (id INTEGER PRIMARY KEY, value)', rows),
    );
    const seen = await sql(path, 'SELECT id, value FROM t ORDER BY id');
    expect(seen).toMatchObject({ integrity: 'ok', rows: values.map((value, index) => [index - 3, value]) });
    const types = await sql(path, 'SELECT DISTINCT typeof(value) FROM t ORDER BY 1');
    expect(types['rows']).toEqual([['integer'], ['null'], ['real'], ['text']]);
    expect((await sql(path, 'PRAGMA application_id'))['rows']).toEqual([[0x54455354]]);
    expect((await sql(path, 'PRAGMA user_version'))['rows']).toEqual([[7]]);
  });

  test('reads records of every length around the limits of a page', async () => {
    const path = join(folder, 'lengths.db');
    const lengths = [...Array.from({ length: 120 }, (_, index) => 4_000 + index), 8_150, 8_190, 8_200, 1_000_003];
    const rows = lengths.map((length, index): Row => ({
      rowid: index + 1,
      values: [Buffer.alloc(length, index), 'k'.repeat(length % 1_500)],
    }));
    await DatabaseFile.create(path, kind, (database) =>
      database.table('t', 'CREATE TABLE t (bytes BLOB, key TEXT)', rows),
    );
    const seen = await sql(path, 'SELECT length(bytes), hex(substr(bytes, -1)), length(key) FROM t ORDER BY rowid');
    expect(seen['integrity']).toBe('ok');
    expect(seen['rows']).toEqual(
      lengths.map((length, index) => [length, index.toString(16).padStart(2, '0').toUpperCase(), length % 1_500]),
    );
  });

  test.each([1, 5, 300, 70_000])('finds each of %i rows by its number', async (count) => {
    const path = join(folder, `rows-${count}.db`);
    function* rows(): Generator<Row> {
      for (let rowid = 1; rowid <= count; rowid += 1) {
        // Long enough for a tree of three levels.
        yield { rowid: rowid * 3, values: [`${rowid} ${'-'.repeat(900)}`] };
      }
    }
    await DatabaseFile.create(path, kind, (database) => database.table('t', 'CREATE TABLE t (value TEXT)', rows()));
    const query = `SELECT count(*), sum(CAST(value AS INTEGER)), (SELECT value FROM t WHERE rowid = ${count * 3}) FROM t`;
    const { integrity, rows: seen } = await sql(path, query);
    expect(integrity).toBe('ok');
    expect(seen).toEqual([[count, (count * (count + 1)) / 2, `${count} ${'-'.repeat(900)}`]]);
    expect(statSync(path).size % 4096).toBe(0);
  });

  test('finds rows by unique keys, nothing and other letters among them', async () => {
    const path = join(folder, 'keys.db');
    const names = ['b', 'ä', 'a', 'B', 'z'.repeat(1_500), ''];
    const rows = names.map((name, index): Row => ({
      rowid: index + 1,
      values: [name, index === 2 ? null : 'x', name],
    }));
    await DatabaseFile.create(path, kind, (database) =>
      database.table('t', 'CREATE TABLE t (a TEXT, b TEXT, c TEXT UNIQUE, UNIQUE (a, b))', rows, [[2], [0, 1]]),
    );
    expect((await sql(path, "SELECT a FROM t WHERE c >= '' ORDER BY c"))['integrity']).toBe('ok');
    for (const [index, name] of names.entries()) {
      const found = await sql(path, `SELECT rowid FROM t INDEXED BY sqlite_autoindex_t_1 WHERE c = '${name}'`);
      expect(found['rows']).toEqual([[index + 1]]);
    }
  });

  test.each([0, 1, 51, 52, 2_700, 40_000])('finds what lies in an area among %i boxes', async (count) => {
    const path = join(folder, `boxes-${count}.db`);
    const boxes = Array.from({ length: count }, (_, index): { id: number; box: Box } => {
      const [x, y] = [500_000.1 + ((index * 7_919) % 5_003), -4_000_000.7 - ((index * 104_729) % 4_999)];
      return { id: index + 1, box: [x, x + 3.3, y, y + 2.2] };
    });
    const tables = packRtree(boxes);
    await DatabaseFile.create(path, kind, async (database) => {
      database.rule('table', 'r', 'r', 'CREATE VIRTUAL TABLE r USING rtree(id, minx, maxx, miny, maxy)');
      await database.table('r_rowid', 'CREATE TABLE r_rowid(rowid INTEGER PRIMARY KEY,nodeno)', tables.rowids);
      await database.table('r_node', 'CREATE TABLE r_node(nodeno INTEGER PRIMARY KEY,data)', tables.nodes);
      await database.table('r_parent', 'CREATE TABLE r_parent(nodeno INTEGER PRIMARY KEY,parentnode)', tables.parents);
    });
    expect(await sql(path, "SELECT rtreecheck('r')")).toMatchObject({ integrity: 'ok', rows: [['ok']] });
    const area = { minX: 501_000, maxX: 501_400, minY: -4_003_000, maxY: -4_001_000 };
    const query = `SELECT id FROM r WHERE maxx >= ${area.minX} AND minx <= ${area.maxX} AND maxy >= ${area.minY} AND miny <= ${area.maxY} ORDER BY id`;
    const found = new Set(((await sql(path, query))['rows'] as number[][]).map(([id]) => id));
    const expected = boxes.filter(
      ({ box: [minX, maxX, minY, maxY] }) =>
        maxX >= area.minX && minX <= area.maxX && maxY >= area.minY && minY <= area.maxY,
    );
    // Boxes of 32 bits may take in a neighbour but lose none.
    expect(expected.filter(({ id }) => !found.has(id))).toEqual([]);
    expect(found.size).toBeLessThanOrEqual(expected.length * 1.05 + 2);
    expect((await sql(path, 'SELECT count(*) FROM r'))['rows']).toEqual([[count]]);
  });
});
