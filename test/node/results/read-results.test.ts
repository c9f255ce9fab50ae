/** Vector files as results on the sample scene: ours come back as they went, others are brought by GDAL's own program to compare with. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrawnInstance } from '../../../src-main/contract/drawn-instance.ts';
import type { RunRecord } from '../../../src-main/contract/run-record.ts';
import type { StoredResults } from '../../../src-main/contract/stored-results.ts';
import { exportVector, type ExportPorts } from '../../../src-main/core/export-results.ts';
import { rasterReader } from '../../../src-main/core/raster/open-raster.ts';
import { inspectVector, readResults } from '../../../src-main/core/results/read-results.ts';
import { makeTiff } from '../../support/make-tiff.ts';
import { runRecord } from '../../support/output-samples.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

const { signal } = new AbortController();
const harbour = resolve(import.meta.dirname, '../../../resources/sample/harbour.tif');
const question = 'Which tanks hold fuel? 直升机';
const hasOgr = spawnSync('ogr2ogr', ['--version']).status === 0;
if (!hasOgr && process.env['T2S_REQUIRE_PYTHON'] === '1') {
  throw new Error('ogr2ogr is required here (Debian package gdal-bin)');
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 't2s-results-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const ports: ExportPorts = {
  rasters: rasterReader,
  application: { name: 'think2seg', version: '0' },
  digestFile: () => Promise.resolve({ bytes: 1, sha256: '0'.repeat(64) }),
};

/** A square of the scene with a hole, in pixels of 0.25 m; its prompt is the box around it. */
function square(xPx: number, yPx: number, sidePx: number): DrawnInstance {
  const toMap = ([x, y]: readonly [number, number]): number[] => [392_000 + 0.25 * x, 5_820_000 - 0.25 * y];
  const box = (x: number, y: number, side: number): (readonly [number, number])[] => [
    [x, y],
    [x, y + side],
    [x + side, y + side],
    [x + side, y],
  ];
  const quarter = sidePx / 4;
  return {
    promptScenePx: { bbox_2d: [xPx, yPx, xPx + sidePx, yPx + sidePx], positive_points: [[xPx + 1, yPx + 1]] },
    polygonsMap: [
      {
        rings: [
          box(xPx, yPx, sidePx).flatMap(toMap),
          box(xPx + quarter, yPx + quarter, 2 * quarter)
            .reverse()
            .flatMap(toMap),
        ],
      },
    ],
    score: 0.875,
    areaM2: null,
    perimeterM: null,
  };
}

const record: RunRecord = {
  ...runRecord(null),
  question,
  promptSource: 'model',
  reasoning: 'Two of them are round.',
  promptFrame: { name: 'model-frame-px', width: 256, height: 256 },
  scene: { path: harbour, bytes: 1, sha256: '0'.repeat(64), width: 1024, height: 1024, bands: [1, 2, 3] },
  windowPx: { x: 100, y: 50, width: 512, height: 512 },
  crs: { epsg: 32633, name: 'WGS 84 / UTM zone 33N', wkt: 'PROJCS[]' },
};

function write(
  name: string,
  instances: readonly DrawnInstance[],
  changes: Partial<Parameters<typeof exportVector>[1]> & { asked?: string } = {},
): Promise<{ files: string[] }> {
  const { asked = question, ...input } = changes;
  return exportVector(
    ports,
    {
      rasterPath: harbour,
      path: at(name),
      layerName: 'tanks',
      fields: [],
      instances: instances.map((instance) => ({ ...instance, question: asked, attributes: [] })),
      runRecord: { ...record, question: asked === '' ? null : asked },
      write: 'replace',
      style: null,
      scratchName: '.think2seg-test',
      ...input,
    },
    signal,
  );
}

const read = (name: string, rasterPath = harbour): Promise<StoredResults> =>
  readResults(rasterReader, at(name), rasterPath, signal);

/** Everything in the file and beside it, as text. */
const recordText = (name: string): string =>
  readdirSync(folder)
    .filter((file) => file.startsWith(name.replace(/\..*$/, '.')))
    .map((file) => readFileSync(at(file), 'latin1'))
    .join('');

type Vertex = readonly [number, number];

/** Vertices of each polygon; polygons from west to east. */
function polygons(instances: readonly DrawnInstance[]): Vertex[][] {
  return instances
    .flatMap(({ polygonsMap }) => polygonsMap)
    .map(({ rings }) =>
      rings.flatMap((ring) =>
        Array.from({ length: ring.length / 2 }, (_, i): Vertex => [ring[2 * i]!, ring[2 * i + 1]!]),
      ),
    )
    .sort((one, other) => Math.min(...one.map(([x]) => x)) - Math.min(...other.map(([x]) => x)));
}

/** Each vertex has one of the same polygon near it, in both directions. */
function expectNear(found: readonly DrawnInstance[], wanted: readonly DrawnInstance[], toleranceM: number): void {
  const [these, those] = [polygons(found), polygons(wanted)];
  expect(these.map((points) => points.length)).toEqual(those.map((points) => points.length));
  const farthest = (from: Vertex[], to: Vertex[]): number =>
    Math.max(...from.map(([x, y]) => Math.min(...to.map(([u, v]) => Math.hypot(x - u, y - v)))));
  for (const [index, points] of these.entries()) {
    expect(farthest(points, those[index]!)).toBeLessThanOrEqual(toleranceM);
    expect(farthest(those[index]!, points)).toBeLessThanOrEqual(toleranceM);
  }
}

const geoJson = (geometries: readonly object[], more: object = {}): string =>
  JSON.stringify({
    type: 'FeatureCollection',
    features: geometries.map((geometry, index) => ({ type: 'Feature', properties: { house: index }, geometry })),
    ...more,
  });

describe('a file that was written here', () => {
  const squares = [square(200, 100, 80), square(400, 300, 40)];

  it.each([
    ['own.gpkg', 0],
    ['own.shp', 0],
    ['own.fgb', 0],
    // Seven decimals of a degree.
    ['own.geojson', 0.01],
    ['own.json', 0.01],
  ])('comes back from %s with shapes, question, reasoning, score and prompts', async (name, toleranceM) => {
    await write(name, squares);
    expect(await inspectVector(at(name))).toEqual({ hasShapes: true, scenePaths: [harbour] });
    const { results, notes } = await read(name);
    expect(notes).toEqual([]);
    expect(results).toMatchObject([{ name: question, question, windowPx: record.windowPx, runRecord: record }]);
    const instances = results[0]!.instances;
    expectNear(instances, squares, toleranceM);
    expect(new Set(instances.map(({ score }) => score))).toEqual(new Set([0.875]));
    expect(instances.map(({ promptScenePx }) => promptScenePx)).toEqual(
      expect.arrayContaining(squares.map(({ promptScenePx }) => promptScenePx)),
    );
    const areas = instances.map(({ areaM2 }) => areaM2!).sort((a, b) => a - b);
    // Three quarters of the squares; the scale of UTM makes a few parts in ten thousand.
    expect(areas[0]! / (0.75 * 10 ** 2)).toBeCloseTo(1, 2);
    expect(areas[1]! / (0.75 * 20 ** 2)).toBeCloseTo(1, 2);
  });

  it('says so where it lies on another raster than the one it was made from, and is silent where that was only moved', async () => {
    const scene = { ...record.scene, path: 'C:\\old\\harbour.tif' };
    await write('moved.gpkg', squares, { runRecord: { ...record, scene } });
    expect((await read('moved.gpkg')).notes).toEqual([]);
    await write('elsewhere.gpkg', squares, { runRecord: { ...record, scene: { ...scene, path: '/data/port.tif' } } });
    expect((await read('elsewhere.gpkg')).notes).toEqual([
      expect.stringMatching(
        /^made from port\.tif of 1024 x 1024 pixels, and now on harbour\.tif of 1024 x 1024/,
      ) as string,
    ]);
    await write('resized.gpkg', squares, { runRecord: { ...record, scene: { ...scene, width: 512 } } });
    expect((await read('resized.gpkg')).notes).toEqual([expect.stringContaining('of 512 x 1024 pixels') as string]);
  });

  it('keeps several questions of one layer apart, each with its own record', async () => {
    await write('plan.gpkg', [squares[0]!], { asked: 'first?' });
    await write('plan.gpkg', [squares[1]!], { asked: 'second?', write: 'append' });
    await write('plan.gpkg', [squares[1]!], { asked: '', write: 'append', runRecord: null });
    const { results } = await read('plan.gpkg');
    expect(results.map(({ question: asked, runRecord: run }) => [asked, run?.question ?? null])).toEqual([
      ['first?', 'first?'],
      ['second?', 'second?'],
      ['', null],
    ]);
  });

  it('gives a question back that a Shapefile had to cut', async () => {
    const long = 'Wo könnte '.repeat(40);
    await write('long.shp', squares, { asked: long });
    expect((await read('long.shp')).results).toMatchObject([{ question: long, runRecord: { question: long } }]);
  });

  it('places prompts that were stored in the frame of the model', async () => {
    const [shape] = squares;
    // The window of 512 pixels was seen in 256.
    const prompt = { bbox_2d: [50, 25, 90, 65] as [number, number, number, number] };
    await write('model-frame.gpkg', [{ ...shape!, promptScenePx: prompt }]);
    const { results } = await read('model-frame.gpkg');
    expect(results[0]!.instances[0]!.promptScenePx?.bbox_2d).toEqual([200, 100, 280, 180]);
  });

  it.each(['reviewed.gpkg', 'reviewed.shp', 'reviewed.fgb', 'reviewed.geojson'])(
    'comes back from %s with what people made of it, and of that again',
    async (name) => {
      const counts = { model: 1, corrected: 1, manual: 0, combined: 0, file: 0 };
      const refinement = {
        bufferM: 2,
        fillHolesM2: 0,
        minAreaM2: 0,
        simplifyPx: 0,
        rightAngles: false,
        smoothRounds: 0,
      };
      const leftOut = { rejected: 3, undecided: 0, withoutArea: 0 };
      const reviewed = [{ name: 'tanks', question, written: counts, leftOut, refinement }];
      const review = { promptFrame: { name: 'scene-px' as const, width: 1024, height: 1024 }, results: reviewed };
      await write(name, squares, { reviewed });
      const once = (await read(name)).results[0]!.runRecord;
      expect(once).toEqual({ ...record, reviews: [review] });
      await write(name, squares, { reviewed, runRecord: once });
      expect((await read(name)).results[0]!.runRecord).toEqual({ ...record, reviews: [review, review] });
      await write(name, squares, { reviewed, asked: '', runRecord: null });
      expect(recordText(name)).toContain('"reviews"');
    },
  );

  it('takes prompts of reviewed objects as they are, wherever else they would lie better', async () => {
    // In the frame of the model the box would be that of the outline.
    const prompt = { bbox_2d: [50, 25, 300, 300] as [number, number, number, number] };
    const large = { ...square(200, 100, 80), promptScenePx: prompt };
    const toModel = { ...square(200, 100, 500), promptScenePx: prompt };
    for (const shape of [large, toModel]) {
      await write('reviewed-prompts.gpkg', [shape], { reviewed: [] });
      const { results } = await read('reviewed-prompts.gpkg');
      expect(results[0]!.instances[0]!.promptScenePx).toEqual(prompt);
    }
  });

  it('drops a prompt that has nothing to do with its outline any more', async () => {
    await write('moved.gpkg', [{ ...square(800, 800, 100), promptScenePx: squares[1]!.promptScenePx }]);
    expect((await read('moved.gpkg')).results[0]!.instances[0]!.promptScenePx).toBeNull();
  });

  it('comes back where all of it was drawn by hand, also without a CRS, and names its raster', async () => {
    const bare = at('bare-drawn.tif');
    writeFileSync(bare, makeTiff({ width: 64, height: 64, bands: 1, value: () => 1 }));
    const inPixels = {
      ...square(0, 0, 8),
      promptScenePx: null,
      polygonsMap: [{ rings: [[4, -4, 4, -20, 20, -20, 20, -4]] }],
    };
    for (const [name, shape, rasterPath] of [
      ['drawn.gpkg', squares[0]!, harbour],
      ['drawn.shp', squares[0]!, harbour],
      ['drawn-bare.geojson', inPixels, bare],
      ['drawn-bare.fgb', inPixels, bare],
    ] as const) {
      await write(name, [shape], { asked: '', runRecord: null, rasterPath });
      expect(await inspectVector(at(name))).toEqual({ hasShapes: true, scenePaths: [rasterPath] });
      const { results, notes } = await read(name, rasterPath);
      expectNear(results[0]!.instances, [shape], 0);
      expect(results).toMatchObject([{ question: '', runRecord: null }]);
      expect(notes).toEqual([]);
    }
  });

  it('has the record of the raster that it is read for where several were asked the same', async () => {
    const neighbour = at('neighbour.tif');
    copyFileSync(harbour, neighbour);
    const runs = [harbour, neighbour].map((path, index) => ({
      ...record,
      reasoning: path,
      scene: { ...record.scene, path },
      windowPx: { x: 10 * index, y: 0, width: 512, height: 512 },
    }));
    await write('several.gpkg', [squares[0]!], { runRecord: runs[0]! });
    await write('several.gpkg', [squares[1]!], { runRecord: runs[1]!, rasterPath: neighbour, write: 'append' });
    expect((await read('several.gpkg')).results).toMatchObject([{ windowPx: runs[0]!.windowPx, runRecord: runs[0] }]);
    expect((await read('several.gpkg', neighbour)).results).toMatchObject([
      { windowPx: runs[1]!.windowPx, runRecord: runs[1] },
    ]);
    // Nothing is known of a raster of another name: it may be either, or both in one.
    const renamed = at('renamed.tif');
    copyFileSync(harbour, renamed);
    const [result] = (await read('several.gpkg', renamed)).results;
    expect(result?.runRecord?.otherRuns).toHaveLength(1);
  });

  it('brings back that there was no target', async () => {
    const none = { ...record, status: 'no-target' as const };
    await write('none.gpkg', [], { runRecord: none });
    expect((await read('none.gpkg')).results).toMatchObject([{ question, instances: [], runRecord: none }]);
  });

  it('says that its record is damaged, and brings the rest', async () => {
    await write('damaged.fgb', squares);
    writeFileSync(at('damaged.fgb.think2seg.json'), '{"schema": 1, "reasoning": 5}');
    const { results, notes } = await read('damaged.fgb');
    expect(results).toMatchObject([{ question, runRecord: null }]);
    expect(notes).toEqual([expect.stringContaining('damaged') as string]);
  });
});

describe.skipIf(!hasOgr)(
  `polygons from elsewhere ${hasOgr ? '' : '(ogr2ogr is not installed: Debian package gdal-bin)'}`,
  () => {
    const houses = [square(200, 100, 80), square(600, 700, 200)];
    const ogr = (target: string, ...more: string[]): void => {
      execFileSync('ogr2ogr', [...more, at(target), at('houses.geojson')]);
    };
    beforeAll(() => {
      const coordinates = ({ polygonsMap }: DrawnInstance) =>
        polygonsMap[0]!.rings.map((ring) => {
          const points = Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!]);
          return [...points, points[0]!];
        });
      const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
      writeFileSync(
        at('houses.geojson'),
        geoJson(
          houses.map((house) => ({ type: 'Polygon', coordinates: coordinates(house) })),
          { crs },
        ),
      );
    });

    it.each([
      ['web.gpkg', 3857],
      ['lv95.shp', 25832],
      ['degrees.fgb', 4326],
      ['rfc7946.geojson', 4326],
    ])('are brought from %s in EPSG:%d to where they belong', async (name, epsg) => {
      ogr(
        name,
        '-t_srs',
        `EPSG:${epsg}`,
        '-lco',
        name.endsWith('json') ? 'COORDINATE_PRECISION=10' : 'SPATIAL_INDEX=YES',
      );
      expect(await inspectVector(at(name))).toEqual({ hasShapes: true, scenePaths: [] });
      const { results, notes } = await read(name);
      expectNear(results[0]!.instances, houses, 0.001);
      expect(results).toMatchObject([
        { question: '', runRecord: null, windowPx: { x: 0, y: 0, width: 1024, height: 1024 } },
      ]);
      expect(results[0]!.instances).toMatchObject(houses.map(() => ({ score: null, promptScenePx: null })));
      expect(results[0]!.name).toMatch(/^(web|lv95|degrees|rfc7946)( — houses)?$/);
      expect(notes).toEqual([]);
    });

    it('are left out where they lie beside the raster, with their number', async () => {
      execFileSync('ogr2ogr', ['-f', 'GPKG', at('country.gpkg'), at('houses.geojson'), '-nln', 'built']);
      const moved =
        'SELECT ST_Translate(geom, 5000.0, 0.0, 0.0) AS geom, house FROM built UNION ALL SELECT geom, house FROM built';
      execFileSync('ogr2ogr', [
        at('mixed.gpkg'),
        at('country.gpkg'),
        '-dialect',
        'SQLITE',
        '-sql',
        moved,
        '-nln',
        'built',
      ]);
      const { results, notes } = await read('mixed.gpkg');
      expectNear(results[0]!.instances, houses, 0);
      expect(notes[0]).toBe('Layer built: 2 of 4 features lie beside the raster and are left out.');
      execFileSync('ogr2ogr', [at('away.gpkg'), at('mixed.gpkg'), '-where', 'fid <= 2']);
      await expect(read('away.gpkg')).rejects.toMatchObject({
        code: 'WINDOW_OUTSIDE',
        message: expect.stringContaining('none of the 2 features') as string,
      });
    });

    it('lose heights, and come out of curves, collections and crossed outlines as plain polygons', async () => {
      const shapes = [
        'POLYGON Z ((392010 5819990 5,392020 5819990 5,392020 5819980 5,392010 5819990 5))',
        'CURVEPOLYGON (CIRCULARSTRING (392050 5819950,392060 5819960,392070 5819950,392060 5819940,392050 5819950))',
        'GEOMETRYCOLLECTION (POINT (392100 5819900),POLYGON ((392100 5819900,392110 5819900,392110 5819890,392100 5819900)))',
        'POLYGON ((392150 5819850,392160 5819840,392160 5819850,392150 5819840,392150 5819850))',
        'POINT (392100 5819900)',
      ];
      writeFileSync(at('odd.csv'), ['id;WKT', ...shapes.map((wkt, index) => `${index};"${wkt}"`)].join('\n'));
      const options = ['-f', 'GPKG', '-a_srs', 'EPSG:32633', '-nln', 'odd', '-nlt', 'GEOMETRY'];
      execFileSync('ogr2ogr', [...options, at('odd.gpkg'), at('odd.csv')]);
      const { results, notes } = await read('odd.gpkg');
      const areas = results[0]!.instances.map(({ areaM2 }) => areaM2!);
      // Triangle, circle of radius 10, triangle, two triangles of the bow tie. UTM stretches areas here by 0.03 %.
      [50, Math.PI * 100, 50, 50].forEach((areaM2, index) => expect(areas[index]! / areaM2).toBeCloseTo(1, 2));
      expect(areas).toHaveLength(4);
      expect(notes.join(' ')).toMatch(
        /1 features that are no polygons .* 1 outlines that crossed themselves were mended/,
      );
    });

    it('need a raster with a CRS to be brought to, unless they have none either', async () => {
      const bare = at('bare.tif');
      writeFileSync(bare, makeTiff({ width: 64, height: 64, bands: 1, value: () => 1 }));
      ogr('placed.gpkg');
      await expect(read('placed.gpkg', bare)).rejects.toMatchObject({ code: 'CRS_UNSUPPORTED' });
      const inPixels = { ...square(0, 0, 8), polygonsMap: [{ rings: [[4, -4, 4, -20, 20, -20, 20, -4]] }] };
      const { crs: _crs, ...noCrs } = record;
      for (const name of ['pixels.gpkg', 'pixels.geojson']) {
        await write(name, [inPixels], { rasterPath: bare, runRecord: { ...noCrs, crs: null } });
        expectNear((await read(name, bare)).results[0]!.instances, [inPixels], 0);
      }
      ogr('noprj.shp');
      unlinkSync(at('noprj.prj'));
      await expect(read('noprj.shp')).rejects.toMatchObject({
        code: 'CRS_UNSUPPORTED',
        message: expect.stringContaining('does not say its CRS') as string,
      });
    });

    it('are refused when there are too many to review, and read when few of many lie on the raster', async () => {
      const grid = (count: number, stepM: number): string =>
        geoJson(
          Array.from({ length: count }, (_, index) => {
            const [x, y] = [392_001 + (index % 150) * stepM, 5_819_999 - Math.floor(index / 150) * stepM];
            return { type: 'Polygon', coordinates: [[[x, y], [x + 0.5, y], [x + 0.5, y - 0.5], [x, y]]] }; // prettier-ignore
          }),
          { crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } } },
        );
      writeFileSync(at('many.geojson'), grid(21_000, 1));
      await expect(read('many.geojson')).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
      writeFileSync(at('sparse.geojson'), grid(21_000, 100));
      const { results, notes } = await read('sparse.geojson');
      expect(results[0]!.instances).toHaveLength(9);
      expect(notes[0]).toContain('20991 of 21000');
    });
  },
);

describe('a file that holds no polygons', () => {
  const lines = { type: 'LineString', coordinates: [[13.409, 52.519], [13.41, 52.5185]] }; // prettier-ignore

  it.each([
    ['points.geojson', geoJson([{ type: 'Point', coordinates: [13.409, 52.519] }]), 'INPUT_UNSUPPORTED', 'holds Point'],
    ['lines.geojson', geoJson([lines]), 'INPUT_UNSUPPORTED', 'holds LineString'],
    ['empty.geojson', geoJson([]), 'INPUT_UNSUPPORTED', 'is empty'],
    ['cut.geojson', geoJson([lines]).slice(0, 60), 'INPUT_NOT_READABLE', 'cannot be read'],
    ['text.shp', 'not a shapefile', 'INPUT_NOT_READABLE', 'cannot be read'],
    ['nothing.fgb', '', 'INPUT_NOT_READABLE', 'cannot be read'],
  ])('is refused: %s', async (name, content, code, words) => {
    writeFileSync(at(name), content);
    await expect(read(name)).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it('is refused: a GeoPackage that was cut off, one that is not there, a folder', async () => {
    await write('whole.gpkg', [square(0, 0, 8)]);
    copyFileSync(at('whole.gpkg'), at('half.gpkg'));
    truncateSync(at('half.gpkg'), Math.round(statSync(at('half.gpkg')).size / 2));
    await expect(read('half.gpkg')).rejects.toMatchObject({ message: expect.stringContaining('half.gpkg') as string });
    await expect(read('absent.gpkg')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await expect(readResults(rasterReader, folder, harbour, signal)).rejects.toMatchObject({
      code: 'INPUT_NOT_READABLE',
    });
    expect(readFileSync(at('whole.gpkg')).subarray(0, 15).toString()).toBe('SQLite format 3');
  });
});

describe.skipIf(sharedDataMissing !== null)(`files of others ${sharedDataMissing ?? ''}`, () => {
  it('are read with the raster that they belong to', async () => {
    const pairs = [
      ['data/drone/australia.shp', 'data/drone/australia.tif'],
      [
        'data/labelled_buildings_spacenet/geotiff_labels.geojson',
        'data/labelled_buildings_spacenet/sample_geotiff.tif',
      ],
      ['data/drone/dummy_fotomap_area.gpkg', 'data/drone/dummy_fotomap_small.tif'],
      ['data/labelled_buildings_dsm/buildings.geojson', 'data/labelled_buildings_dsm/dsm.tif'],
    ] as const;
    for (const [vector, raster] of pairs) {
      const { results } = await readResults(rasterReader, sharedPath(vector), sharedPath(raster), signal);
      expect(results.flatMap(({ instances }) => instances).length, vector).toBeGreaterThan(0);
    }
  });
});
