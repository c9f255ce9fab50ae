/** Attributes of vector files that others made: through reading and each export, as Fiona then reads them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredResults } from '../../../src-main/contract/stored-results.ts';
import { exportVector, type ExportPorts } from '../../../src-main/core/export-results.ts';
import { rasterReader } from '../../../src-main/core/raster/open-raster.ts';
import { readResults } from '../../../src-main/core/results/read-results.ts';
import { pythonMissing, PythonProcess } from '../../support/python.ts';

const { signal } = new AbortController();
const root = resolve(import.meta.dirname, '../../..');
const harbour = join(root, 'resources/sample/harbour.tif');
const missing =
  pythonMissing(['fiona', 'rasterio', 'shapely']) ??
  (spawnSync('ogr2ogr', ['--version']).status === 0 ? null : 'ogr2ogr is not installed (Debian package gdal-bin)');
const ports: ExportPorts = {
  rasters: rasterReader,
  application: { name: 'think2seg', version: '0' },
  digestFile: () => Promise.resolve({ bytes: 1, sha256: '0'.repeat(64) }),
};

const rows = [
  {
    floors: 3,
    height_above_ground: 12.25,
    height_above_sea: 40.5,
    name: 'Lagerhaus 直升机',
    built: '1958-03-01',
    seen: '2026-01-31T12:30:15Z',
    inhabited: true,
    score: 'good',
    remarks: 'ä'.repeat(200),
  },
  {
    floors: null,
    height_above_ground: -0.5,
    height_above_sea: null,
    name: null,
    built: null,
    seen: null,
    inhabited: false,
    score: null,
    remarks: '',
  },
];

describe.skipIf(missing !== null)(`attributes of others ${missing ?? ''}`, () => {
  let folder: string;
  let python: PythonProcess;
  const at = (name: string): string => join(folder, name);
  const read = (name: string): Promise<StoredResults> => readResults(rasterReader, at(name), harbour, signal);
  const told = async (
    name: string,
  ): Promise<{ fields: Record<string, string>; properties: Record<string, unknown>[] }> =>
    (await python.ask({ op: 'vector', path: at(name) })) as never;

  /** What was read from one file, written to another. */
  async function pass(from: string, to: string): Promise<{ files: string[]; notes: string[] }> {
    const [result] = (await read(from)).results;
    return exportVector(
      ports,
      {
        rasterPath: harbour,
        path: at(to),
        layerName: 'blocks',
        fields: [...(result?.fields ?? [])],
        instances: (result?.instances ?? []).map((stored) => ({
          ...stored,
          polygonsMap: [...stored.polygonsMap],
          attributes: [...stored.attributes],
          question: '',
        })),
        runRecord: null,
        write: 'replace',
        style: null,
        scratchName: '.think2seg-test',
      },
      signal,
    );
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 't2s-attributes-'));
    python = new PythonProcess(join(root, 'test/support/output_oracle.py'));
    const features = rows.map((properties, index) => {
      const [x, y] = [392_020 + 60 * index, 5_819_890];
      const ring = [[x, y], [x + 40, y], [x + 40, y - 40], [x, y - 40], [x, y]]; // prettier-ignore
      const extra = { tags: ['a', 'b'], parcel: index === 0 ? 9_007_199_254_740_993n : 1 };
      return { type: 'Feature', properties: { ...properties, ...extra }, geometry: { type: 'Polygon', coordinates: [ring] } }; // prettier-ignore
    });
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
    const text = JSON.stringify({ type: 'FeatureCollection', crs, features }, (_, value: unknown) =>
      typeof value === 'bigint' ? `#${value}#` : value,
    ).replace(/"#(\d+)#"/g, '$1');
    writeFileSync(at('blocks.geojson'), text);
    execFileSync('ogr2ogr', ['-select', Object.keys(rows[0]!).join(), at('blocks.gpkg'), at('blocks.geojson')]);
    execFileSync('ogr2ogr', ['-select', 'floors,name,built,score', at('blocks.shp'), at('blocks.geojson')]);
    execFileSync('ogr2ogr', ['-select', 'floors,name,inhabited,score', at('blocks.fgb'), at('blocks.geojson')]);
  });
  afterAll(() => {
    python.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are read with their types, and what cannot be kept is named', async () => {
    const { results, notes } = await read('blocks.geojson');
    const types = Object.fromEntries(results[0]!.fields.map(({ name, type }) => [name, type]));
    expect(types).toEqual({
      floors: 'integer',
      height_above_ground: 'real',
      height_above_sea: 'real',
      name: 'text',
      built: 'date',
      seen: 'datetime',
      inhabited: 'boolean',
      score_1: 'text',
      remarks: 'text',
      parcel: 'text',
    });
    expect(results[0]!.instances[0]!.attributes.at(-1)).toBe('9007199254740993');
    expect(results[0]!.instances[0]!.score).toBeNull();
    expect(notes).toEqual([
      'Layer blocks: these attributes are not kept: tags (lists of texts).',
      'Layer blocks: attribute score is called score_1 here, because the name is taken.',
      'Layer blocks: attribute parcel has whole numbers of more than 15 digits and is kept as text.',
    ]);
  });

  it.each(['blocks.shp', 'blocks.fgb'])('are read from %s as Fiona reads them', async (name) => {
    const { results } = await read(name);
    const [result] = results;
    const { properties } = await told(name);
    const column = (wanted: string): number => result!.fields.findIndex((field) => field.name === wanted);
    expect(result!.instances.map(({ attributes }) => attributes[column('floors')])).toEqual(properties.map(({ floors }) => floors)); // prettier-ignore
    expect(result!.instances.map(({ attributes }) => attributes[column('score_1')])).toEqual(properties.map(({ score }) => score)); // prettier-ignore
  });

  it('are written to a GeoPackage as they were', async () => {
    expect((await pass('blocks.gpkg', 'out.gpkg')).notes).toEqual([]);
    const [before, after] = [await told('blocks.gpkg'), await told('out.gpkg')];
    const { score, ...types } = before.fields;
    expect(after.fields).toMatchObject({ ...types, score: 'float', score_1: score });
    expect(after.properties).toMatchObject(
      before.properties.map(({ score: renamed, ...properties }) => ({ ...properties, score: null, score_1: renamed })),
    );
  });

  it('are written to GeoJSON and FlatGeobuf, dates with a time in the latter', async () => {
    expect((await pass('blocks.gpkg', 'out.geojson')).notes).toEqual([]);
    const { fields, properties } = await told('out.geojson');
    expect(fields).toMatchObject({ built: 'date', seen: 'datetime', inhabited: 'bool', height_above_sea: 'float' });
    expect(properties[0]).toMatchObject({ ...(await told('blocks.gpkg')).properties[0], score: null, score_1: 'good' });
    expect((await pass('blocks.gpkg', 'out.fgb')).notes).toEqual([
      'FlatGeobuf has no dates alone: built became date and time',
    ]);
    const flat = await told('out.fgb');
    expect(flat.fields).toMatchObject({ built: 'datetime', seen: 'datetime', inhabited: 'bool', floors: 'int32' });
    expect(flat.properties.find(({ instance }) => instance === 1)).toMatchObject({ floors: 3, name: rows[0]!.name, inhabited: true, built: '1958-03-01T00:00:00' }); // prettier-ignore
  });

  it('are written to a Shapefile under short names, and the window is told what changed', async () => {
    expect((await pass('blocks.gpkg', 'out.shp')).notes).toEqual([
      'names in a Shapefile have 10 characters: height_above_ground → height_abo, height_above_sea → height_a_1',
      'a Shapefile has no date with time: seen became text',
      'a Shapefile has no truth values for all programs: inhabited became 1 and 0',
      'texts in a Shapefile have 254 bytes: remarks was cut',
    ]);
    const { fields, properties } = await told('out.shp');
    expect(fields).toMatchObject({ built: 'date', seen: expect.stringContaining('str') as string });
    expect(properties).toMatchObject([
      { floors: 3, height_abo: 12.25, height_a_1: 40.5, name: rows[0]!.name, built: '1958-03-01', inhabited: 1, score_1: 'good', remarks: 'ä'.repeat(127) }, // prettier-ignore
      { floors: null, height_abo: -0.5, height_a_1: null, inhabited: 0 },
    ]);
  });
});
